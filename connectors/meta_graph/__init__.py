"""Channels that speak to Meta's Graph API: WhatsApp, Messenger and Instagram."""

from __future__ import annotations

from connectors.meta_graph.pages import InstagramConnector, MessengerConnector
from connectors.meta_graph.whatsapp import WhatsAppConnector

CONNECTORS = (WhatsAppConnector, MessengerConnector, InstagramConnector)
