"""The calls about what protects accounts."""

from __future__ import annotations

from inbox.api import passkey_structs as pk
from inbox.api import security_structs as sec
from inbox.api import sso_structs as so
from inbox.api import structs as s
from inbox.api.call import Call

_PAGE = (("after", "the `next` of the page before"), ("limit", "rows, at most 100"))
_WHICH = (
    ("actor", "only what this account did"),
    ("action", "only this action"),
    ("since", "from this instant on, in milliseconds"),
    ("until", "before this instant, in milliseconds"),
)

SECURITY_CALLS: tuple[Call, ...] = (
    Call("GET", "/me/sessions", "list_sessions", "Where one is logged in, this login first", None, tuple[sec.SessionRow, ...], person=True),
    Call("DELETE", "/me/sessions", "end_other_sessions", "End all own logins but this one", person=True),
    Call("DELETE", "/me/sessions/{id}", "end_session", "End an own login", person=True),
    Call("GET", "/me/factor", "get_factor", "The own second factor", None, sec.FactorState, person=True),
    Call("POST", "/me/factor", "begin_factor", "Begin a second factor; a code confirms it", sec.Prove, sec.FactorSetup, person=True),
    Call(
        "PUT",
        "/me/factor",
        "confirm_factor",
        "Confirm it by its first code; ends other logins",
        sec.GiveCode,
        None,
        person=True,
    ),
    Call("POST", "/me/factor/off", "drop_factor", "Take the own second factor off", sec.ProveTwice, None, person=True),
    Call(
        "POST",
        "/me/factor/recovery",
        "renew_recovery",
        "New recovery codes in place of all",
        sec.ProveTwice,
        sec.RecoveryCodes,
        person=True,
    ),
    Call(
        "POST",
        "/session/factor",
        "begin_needed_factor",
        "Begin the second factor that a login asks for; the login with its first code confirms it",
        sec.NeedFactor,
        sec.FactorSetup,
        open=True,
    ),
    Call("GET", "/session/passkey", "get_passkey_place", "Where passkeys can be used", None, pk.PasskeyPlace, open=True),
    Call(
        "POST",
        "/session/passkey/challenge",
        "begin_passkey_login",
        "A challenge for a login by passkey; good once, for five minutes",
        None,
        pk.PasskeyChallenge,
        open=True,
    ),
    Call(
        "POST",
        "/session/passkey",
        "log_in_by_passkey",
        "Log in by a passkey, without password and code; sets the session cookie",
        pk.GivePasskey,
        s.Me,
        open=True,
    ),
    Call("GET", "/me/passkeys", "list_passkeys", "Own passkeys, oldest first", None, tuple[pk.PasskeyRow, ...], person=True),
    Call(
        "POST",
        "/me/passkeys/challenge",
        "begin_passkey",
        "Begin a passkey: what the browser needs to make one; good once, for five minutes, for this login",
        sec.Prove,
        pk.PasskeySetup,
        person=True,
    ),
    Call("POST", "/me/passkeys", "add_passkey", "Add the passkey that was made", pk.AddPasskey, pk.PasskeyRow, person=True),
    Call("PUT", "/me/passkeys/{id}", "rename_passkey", "Rename an own passkey", pk.RenamePasskey, pk.PasskeyRow, person=True),
    Call("POST", "/me/passkeys/{id}/off", "remove_passkey", "Remove an own passkey", sec.Prove, None, person=True),
    Call("GET", "/sso/providers", "list_providers", "By whom one can log in", None, tuple[so.ProviderName, ...], open=True),
    Call(
        "POST",
        "/password-resets/{token}/sso",
        "begin_invited",
        "Go to a provider and come back as the account that a link is for, in place of setting its password",
        so.ChooseProvider,
        so.Destination,
        open=True,
    ),
    Call("GET", "/sso", "list_sso", "Single sign-on as it is set up", None, tuple[so.ProviderRow, ...]),
    Call("GET", "/me/sign-ins", "list_sign_ins", "Sign-ins that are this account", None, tuple[so.SignInRow, ...], person=True),
    Call("POST", "/me/sign-ins", "begin_sign_in", "Go to a provider to connect it", so.ChooseProvider, so.Destination, person=True),
    Call("DELETE", "/me/sign-ins/{id}", "end_sign_in", "Disconnect a sign-in", person=True),
    Call("DELETE", "/accounts/{id}/factor", "reset_factor", "Take somebody's second factor and passkeys off, for admins; ends his logins"),
    Call("GET", "/tokens", "list_tokens", "Own tokens of programs; admins see everybody's", None, tuple[sec.TokenRow, ...], person=True),
    Call("POST", "/tokens", "create_token", "A token for a program; told once", sec.CreateToken, sec.NewToken, person=True, creates=True),
    Call("DELETE", "/tokens/{id}", "end_token", "Revoke a token", person=True),
    Call("GET", "/security", "get_security", "The workspace's rules for logins", None, sec.SecurityRow),
    Call("PUT", "/security", "edit_security", "Change the workspace's rules for logins", sec.EditSecurity, sec.SecurityRow),
    Call("GET", "/security/accounts", "list_protection", "How every account is protected", None, tuple[sec.PersonSecurity, ...]),
    Call("GET", "/audit", "list_audit", "Who did what when, newest first, for supervisors", None, sec.AuditPage, (*_WHICH, *_PAGE)),
    Call("GET", "/audit/actions", "list_audit_actions", "Every action that was written down", None, tuple[str, ...]),
    Call("GET", "/audit/export", "export_audit", "The audit record as a table", query=_WHICH, raw=("text/csv",)),
)
