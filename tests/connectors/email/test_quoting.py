"""History and signatures are folded in many languages, and never when something was written between or below."""

import pytest

from connectors.email.htmltext import plain
from connectors.email.quoting import answer_first, fresh_length


def fresh(text: str, subject: str = "Re: x", history_at: int | None = None) -> str:
    length = fresh_length(text, subject, history_at)
    return text if length is None else text[:length]


INTRODUCTIONS = [
    "On Sat, 21 Nov 2026 at 09:30, Support <support@example.test> wrote:",
    "Am 21.11.2026 um 09:30 schrieb Support <support@example.test>:",
    "Am Sa., 21. Nov. 2026 um 09:30 Uhr schrieb Support <\nsupport@example.test>:",
    "Le sam. 21 nov. 2026 à 09:30, Support <support@example.test> a écrit :",
    "El sáb, 21 nov 2026 a las 9:30, Support (<support@example.test>) escribió:",
    "Em sáb., 21 de nov. de 2026 às 09:30, Support <support@example.test> escreveu:",
    "Il giorno sab 21 nov 2026 alle ore 09:30 Support <support@example.test> ha scritto:",
    "Op za 21 nov 2026 om 09:30 schreef Support <support@example.test>:",
    "Den lör 21 nov. 2026 kl 09:30 skrev Support <support@example.test>:",
    "la 21. marrask. 2026 klo 9.30 Support (support@example.test) kirjoitti:",
    "W dniu sob., 21.11.2026 o 09:30 Support <support@example.test> napisał(a):",
    "Dne so 21. 11. 2026 9:30 uživatel Support <support@example.test> napsal:",
    "Support <support@example.test>, 21 Kas 2026 Cmt, 09:30 tarihinde şunu yazdı:",
    "сб, 21 нояб. 2026 г. в 09:30, Support <support@example.test> написал(а):",
    "2026年11月21日(土) 9:30 Support <support@example.test>のメール:",
    "Support <support@example.test> 于2026年11月21日周六 09:30写道：",
    "2026년 11월 21일 (토) 오전 9:30, Support <support@example.test>님이 작성:",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize(
    "quotation", ["> Which order?", "\n> Which order?\n>\n> Sam", "\nWhich order?"], ids=["next", "after a line", "bare"]
)
def test_the_answer_above_a_quotation(introduction: str, quotation: str) -> None:
    assert fresh(f"It is 4711.\n\nJo\n\n{introduction}\n{quotation}\n") == "It is 4711.\n\nJo"


OUTLOOK = [
    ("From", "Sent", "To", "Subject"),
    ("Von", "Gesendet", "An", "Betreff"),
    ("De", "Envoyé", "À", "Objet"),
    ("De", "Enviado", "Para", "Asunto"),
    ("De", "Enviada em", "Para", "Assunto"),
    ("Da", "Inviato", "A", "Oggetto"),
    ("Van", "Verzonden", "Aan", "Onderwerp"),
    ("Från", "Skickat", "Till", "Ämne"),
    ("Od", "Wysłano", "Do", "Temat"),
    ("От", "Отправлено", "Кому", "Тема"),
    ("发件人", "发送时间", "收件人", "主题"),
    ("差出人", "送信日時", "宛先", "件名"),
    ("*From", "*Sent", "*To", "*Subject"),
]


@pytest.mark.parametrize("labels", OUTLOOK, ids=lambda labels: labels[0])
@pytest.mark.parametrize("rule", ["", "________________________________\n"], ids=["plain", "ruled"])
def test_the_answer_above_a_header_as_outlook_copies_it(labels: tuple[str, ...], rule: str) -> None:
    block = "\n".join(f"{label}: value {i}" for i, label in enumerate(labels))
    assert fresh(f"It is 4711.\n\n{rule}{block}\n\nWhich order?") == "It is 4711."


def test_an_original_message_line() -> None:
    assert fresh("It is 4711.\n\n-----Ursprüngliche Nachricht-----\nVon: x\nWelche?") == "It is 4711."


FOOTERS = [
    "Sent from my iPhone", "Get Outlook for Android<https://aka.ms/x>", "Von meinem iPhone gesendet", "Envoyé de mon iPhone",
    "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone", "Skickat från min iPhone",
    "Отправлено с iPhone", "iPhoneから送信", "发自我的iPhone",
]  # fmt: skip


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_a_phone_adds(footer: str) -> None:
    assert fresh(f"It is 4711.\n\n{footer}\n") == "It is 4711."
    assert fresh(f"It is 4711.\n\n{footer}\n\n> On 1 Nov Sam wrote:\n> Which?") == "It is 4711."


def test_a_signature() -> None:
    assert fresh("It is 4711.\n\n-- \nJo\nCustomer Ltd\n") == "It is 4711."
    assert fresh("It is 4711.\n\n-- \nJo\n\nOn 1 Nov 2026 Sam wrote:\n> Which?") == "It is 4711."


WHOLE = {
    "interleaved": "On 1 Nov 2026 Sam wrote:\n> Which?\n\n4711\n\n> When?\n\nToday.",
    "interleaved after a greeting": "Hi Sam,\n\nOn 1 Nov 2026 Sam wrote:\n> Which?\n\n4711",
    "below": "> Which order?\n\nIt is 4711.",
    "below, after an introduction": "Am 21.11.2026 um 09:30 schrieb Support <s@x.test>:\n> Welche?\n\nDie 4711.\n\n-- \nJo",
    "gmail forward": "See below.\n\n---------- Forwarded message ---------\nFrom: a\nSubject: b\nDate: c\n\nText",
    "apple forward": "See.\n\nBegin forwarded message:\n\nFrom: a\nSubject: b\nDate: c\n\nText",
    "words that look like an introduction": "On 3 May he wrote me a letter\nand I answered.\n",
    "a list with hyphens": "I need:\n- one\n-- two\n---\nthanks",
    "a line beginning with From": "From: Berlin\nTo be honest, I want to know more.",
    "only a quotation": "> Which order is it?",
    "empty": "",
}


@pytest.mark.parametrize("name", WHOLE)
def test_everything_counts(name: str) -> None:
    assert fresh_length(WHOLE[name], "Re: x") is None


@pytest.mark.parametrize("introduction", [*INTRODUCTIONS, "Support <support@example.test> wrote in\n <abc@example.test>:"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["next", "after a line"])
def test_the_answer_below_a_quotation_comes_first_and_nothing_is_lost(introduction: str, gap: str) -> None:
    history = f"{introduction}{gap}> Which order?\n>\n> Sam"
    text, length = answer_first(f"{history}\n\nIt is 4711.\n\nToday.\n\n-- \nJo\nCustomer Ltd\n", "Re: x")
    assert text[:length] == "It is 4711.\n\nToday."
    assert text[length:] == f"\n\n-- \nJo\nCustomer Ltd\n\n{history}"


def test_an_answer_below_in_html_comes_first() -> None:
    quotation = '<blockquote type="cite"><p>Which order?</p></blockquote>'
    for introduction in ('<div class="moz-cite-prefix">{}</div>', "<p>{}</p>"):
        found = plain(introduction.format("On 1 Nov 2026 at 9:30, Sam wrote:") + quotation + "<p>It is 4711.</p>")
        text, length = answer_first(found.text, "Re: x", found.history_at)
        assert text[:length] == "It is 4711."


AS_WRITTEN = [
    WHOLE["interleaved"], WHOLE["interleaved after a greeting"], WHOLE["below"], WHOLE["only a quotation"],
    "On 1 Nov 2026 Sam wrote:\n> Which?\n\n-- \nJo",
    "Two things about order 4711:\n> It is late.\n\nAnd it is broken.",
    "Begin forwarded message from a@x.test:\n> Which?\n\nPlease check.",
    "Hello,\nOn 1 Nov 2026, Sam <s@x.test> wrote:\n> Which?\n\n4711",
]  # fmt: skip


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_what_is_no_answer_below_one_quotation_stays_as_it_is(text: str) -> None:
    assert answer_first(text, "Re: x") == (text, None)


def test_a_forward_with_words_below_stays_as_it_is() -> None:
    text = "On 1 Nov 2026 Sam wrote:\n> Which?\n\nPlease check."
    assert answer_first(text, "Fwd: x") == (text, None)


def test_a_forward_by_its_subject_shows_what_is_forwarded() -> None:
    text = "Please check.\n\nFrom: a\nSent: b\nTo: c\nSubject: d\n\nText"
    assert fresh(text, "RE: d") == "Please check."
    for subject in ("FW: d", "Fwd: d", "WG: d", "TR : d", "RV: d", "转发：d"):
        assert fresh(text, subject) == text


def test_a_long_quoted_line_that_was_broken_stays_quoted() -> None:
    broken = "> " + "word " * 14 + "\nlast\n> more"
    assert fresh(f"Yes.\n\nOn 1 Nov 2026 Sam wrote:\n{broken}") == "Yes."


HTML_ANSWERS = {
    "gmail": '<div>Yes.</div><div class="gmail_quote">On Monday Sam said<blockquote>old</blockquote></div>',
    "proton": '<p>Yes.</p><div class="protonmail_quote">On Monday<blockquote type="cite">old</blockquote></div>',
    "thunderbird": '<p>Yes.</p><div class="moz-cite-prefix">Sam:</div><blockquote type="cite">old</blockquote>',
    "outlook": '<div>Yes.</div><div id="x_divRplyFwdMsg"><b>Von:</b> Sam</div><div>old</div>',
    "apple": '<div>Yes.</div><div><blockquote type="cite">On 1 Nov 2026, Sam wrote:<br>old</blockquote></div>',
}


@pytest.mark.parametrize("name", HTML_ANSWERS)
def test_marks_of_mail_programs_in_html(name: str) -> None:
    found = plain(HTML_ANSWERS[name])
    assert fresh(found.text, history_at=found.history_at) == "Yes."
    below = plain(HTML_ANSWERS[name] + "<p>And this, too.</p>")
    if name not in ("thunderbird", "outlook"):  # these mark the beginning of history only
        assert fresh(below.text, history_at=below.history_at) == below.text
