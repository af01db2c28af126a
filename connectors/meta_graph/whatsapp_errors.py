"""The errors of the WhatsApp Cloud API in words an agent understands (developers.facebook.com, Cloud API, Error codes)."""

from __future__ import annotations

from typing import Final

from connectors.meta_graph.graph import Sentences

_GONE: Final = "This WhatsApp number cannot be used any more: an admin has to look at it in WhatsApp Manager."
_TEMPLATE: Final = "WhatsApp does not have this template in this language, or its variables do not fit."

SENTENCES: Final[Sentences] = {
    (code, 0): sentence
    for code, sentence in {
        33: _GONE,
        368: "Meta has restricted this WhatsApp account for breaking its rules.",
        130472: "WhatsApp did not deliver this message, because the customer takes part in an experiment of Meta's.",
        130497: "Meta does not let this account write to customers in this country.",
        131021: "Sender and recipient are the same number.",
        131026: "WhatsApp cannot deliver to this number: it may not use WhatsApp, have an old version, or not have accepted its terms.",
        131030: "This is a test number that may write only to the numbers on its list.",
        131031: "Meta has locked this WhatsApp account.",
        131037: "The display name of this WhatsApp number has not been approved yet.",
        131042: "Meta has not got the payment for this account; an admin has to look at its payment method.",
        131045: "This WhatsApp number is not registered with the Cloud API.",
        131047: "More than 24 hours have passed since the customer last wrote. WhatsApp now takes only an approved template.",
        131049: "WhatsApp did not deliver this, because the customer has got too many marketing messages.",
        131050: "The customer does not want marketing messages from you.",
        131051: "WhatsApp does not take this kind of message.",
        131052: "WhatsApp could not load the customer's file. Ask for it once more.",
        131053: "WhatsApp does not take this file: its kind or its size is not allowed.",
        132000: _TEMPLATE,
        132001: _TEMPLATE,
        132005: "The text of this template is too long with these variables.",
        132007: "Meta has refused the content of this template.",
        132012: _TEMPLATE,
        132015: "Meta has paused this template, because customers complained.",
        132016: "Meta has switched this template off for good.",
        133010: "This WhatsApp number is not registered with the Cloud API.",
    }.items()
}
