"""Channels that speak to Meta's Graph API: WhatsApp, Messenger, Instagram, and comments under posts."""

from __future__ import annotations

from connectors.meta_graph.comments import FacebookCommentsConnector, InstagramCommentsConnector
from connectors.meta_graph.pages import InstagramConnector, MessengerConnector
from connectors.meta_graph.whatsapp import WhatsAppConnector

CONNECTORS = (WhatsAppConnector, MessengerConnector, InstagramConnector, FacebookCommentsConnector, InstagramCommentsConnector)
