"""Email: received by IMAP or from an MTA by SMTP or LMTP, sent by SMTP."""
