"""What mail programs write by themselves (around a quotation, at the end, as a subject), in the languages they speak."""

# ruff: noqa: RUF001 - letters of other scripts are what this file is about

from typing import Final

COLONS: Final = (":", "：")

ATTRIBUTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("on ", "wrote"), ("on ", "writes"),  # en
    ("am ", "schrieb"),  # de
    ("le ", "a écrit"), ("el ", "escribió"), ("em ", "escreveu"), ("a ", "escreveu"),  # fr es pt
    ("il ", "ha scritto"), ("op ", "schreef"), ("den ", "skrev"), ("på ", "skrev"),  # it nl sv/da/no
    ("w dniu ", "napisał"), ("dnia ", "napisał"), ("dne ", "napsal"),  # pl cs
    ("în ", "a scris"), ("pe ", "a scris"), ("στις ", "έγραψε"),  # ro el
    ("", "kirjoitti"), ("", "yazdı"), ("", "írta"), ("", "пишет"), ("", "написал"), ("", "писал"), ("", "пише"), ("", "написав"),
    ("", "のメール"), ("", "書きました"), ("", "写道"), ("", "寫道"), ("", "작성"), ("", "썼습니다"),
)  # fmt: skip
"""How the line before a quotation begins, and the verb in it; it also holds a digit and ends in a colon."""

FROM: Final = frozenset((
    "from", "von", "de", "da", "van", "från", "fra", "от", "від", "lähettäjä", "od", "feladó", "kimden", "από", "发件人", "寄件者",
    "差出人", "送信者", "보낸사람", "보낸", "frá", "dari",
))  # fmt: skip
OTHER: Final = frozenset((
    "sent", "date", "to", "cc", "subject", "gesendet", "datum", "an", "betreff", "kopie", "envoyé", "à", "objet", "enviado",
    "fecha", "para", "asunto", "data", "assunto", "inviato", "a", "oggetto", "verzonden", "aan", "onderwerp", "skickat", "till",
    "ämne", "sendt", "til", "emne", "dato", "lähetetty", "vastaanottaja", "aihe", "wysłano", "do", "temat", "odesláno", "komu",
    "předmět", "gönderilen", "gönderildi", "tarih", "kime", "konu", "отправлено", "дата", "кому", "тема", "копия", "надіслано",
    "εστάλη", "προς", "θέμα", "küldve", "címzett", "tárgy", "发送时间", "日期", "收件人", "主题", "抄送", "寄件日期", "收件者", "主旨",
    "送信日時", "宛先",
    "件名", "日時", "보낸날짜", "받는사람", "제목", "날짜",
))  # fmt: skip
"""Labels of the header lines that Outlook and others put above a quotation instead of marking it."""

ORIGINAL: Final = (
    "original message", "original appointment", "ursprüngliche nachricht", "originalnachricht", "ursprünglicher termin",
    "message d'origine", "message original", "mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht",
    "originalmeddelande", "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna",
    "původní zpráva", "orijinal ileti", "исходное сообщение", "оригінальне повідомлення", "eredeti üzenet", "mesaj original",
    "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지", "reply message", "antwort",
)  # fmt: skip

FORWARDED: Final = (
    "forwarded message", "begin forwarded message", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht",
    "message transféré", "début du message transféré", "début du message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado",
    "mensagem encaminhada", "mensagem reencaminhada", "início da mensagem encaminhada", "messaggio inoltrato",
    "inizio messaggio inoltrato", "doorgestuurd bericht", "begin doorgestuurd bericht", "vidarebefordrat meddelande",
    "videresendt", "välitetty viesti", "przekazana wiadomość", "přeposlaná zpráva", "пересылаемое сообщение",
    "пересланное сообщение", "yönlendirilen", "转发的邮件", "转发邮件", "轉寄郵件", "転送メッセージ", "전달된 메시지",
)  # fmt: skip

FORWARD_PREFIXES: Final = frozenset((
    "fwd", "fw", "wg", "tr", "rv", "enc", "i", "inoltra", "doorst", "vs", "vb", "vl", "pd", "转发", "轉寄", "пересл", "転送",
))  # fmt: skip

MOBILE: Final = (
    "sent from my ", "sent from mail for", "sent from outlook", "sent from yahoo", "sent via ", "get outlook for", "sent with ",
    "von meinem ", "gesendet von ", "gesendet mit ", "holen sie sich outlook", "outlook für ", "diese nachricht wurde von meinem",
    "envoyé de mon ", "envoyé depuis ", "envoyé à partir de ", "obtenez outlook", "télécharger outlook",
    "enviado desde mi ", "enviado desde ", "obtener outlook", "enviado do meu ", "enviado a partir do ", "obter o outlook",
    "inviato da ", "inviato dal mio ", "scarica outlook", "ottieni outlook", "verstuurd vanaf mijn ", "verzonden vanaf ",
    "verzonden met ", "outlook voor ", "skickat från min ", "hämta outlook", "sendt fra min ", "hent outlook", "lähetetty ",
    "wysłane z ", "wysłano z ", "odesláno z ", "отправлено с ", "надіслано з ", "küldve ", "trimis de pe ", "iphone'umdan",
    "iphoneから送信", "从我的", "发自我的", "傳送自我的", "나의 iphone", "내 iphone에서", "hankige outlook", "stáhnout outlook",
)  # fmt: skip

ITSELF: Final = (
    "automatic reply", "automatische antwort", "réponse automatique", "respuesta automática", "respuesta automatica",
    "resposta automática", "resposta automatica", "risposta automatica", "automatisch antwoord", "autosvar", "automatiskt svar",
    "automatisk svar", "automaattinen vastaus", "odpowiedź automatyczna", "automatyczna odpowiedź", "automatická odpověď",
    "otomatik yanıt", "автоматический ответ", "автоответ", "автоматична відповідь", "automatikus válasz", "răspuns automat",
    "αυτόματη απάντηση", "自动答复", "自動回覆", "自动回复", "自動応答", "자동 회신",
)  # fmt: skip
"""What stands before the colon and the subject of the mail that was answered, in notices of absence that say nothing else of themselves."""

ABSENCE: Final = (
    *ITSELF,
    "out of office", "out of the office", "ooo:", "on vacation", "vacation reply", "away from my mail", "i am away",
    "abwesenheit", "abwesend", "nicht im büro", "im urlaub", "absence du bureau", "absent du bureau", "je suis absent", "en congé",
    "absence :", "absence:", "fuera de la oficina", "fuera de oficina", "ausencia", "fora do escritório", "ausência", "ausente",
    "fuori ufficio", "fuori sede", "assenza", "afwezig", "niet aanwezig", "frånvaro", "fraværende", "ikke på kontoret", "poissa",
    "nieobecność", "mimo kancelář", "вне офиса", "不在通知", "不在のため", "부재중",
)  # fmt: skip
"""How the subjects of out-of-office notices begin."""

ANSWERED: Final = (
    "auto:", "auto reply", "auto-reply", "autoreply", "autoresponse", "auto response", "[auto]", "[auto-reply]", "自動返信",
    "eingangsbestätigung", "automatische eingangsbestätigung", "accusé de réception automatique",
)  # fmt: skip
"""How the subjects of other automatic answers begin."""
