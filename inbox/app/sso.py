"""Single sign-on as the settings have it."""

from __future__ import annotations

from inbox.app.stores import Stores
from inbox.core.sso import Provider
from inbox.flow.resuming import Submit
from inbox.flow.sso import SingleSignOn
from inbox.settings import Settings, Sso
from inbox.store.secrets import Keyring

SSO = "sso"
"""What the keys are derived for that sign what goes to a provider and comes back."""


def sso_of(settings: Settings, stores: Stores, keyring: Keyring, submit: Submit) -> SingleSignOn:
    """The providers; ``submit`` commits."""
    providers = [_provider(one) for one in settings.sso]
    return SingleSignOn(providers, submit, stores.clock, stores.outside, keyring.derived(SSO), settings.server.public_url)


def _provider(one: Sso) -> Provider:
    return Provider(
        id=one.id,
        name=one.name,
        issuer=one.issuer,
        client_id=one.client_id,
        client_secret=one.client_secret,
        scopes=one.scopes,
        create_accounts=one.create_accounts,
        default_role=one.default_role,
    )
