"""Inbox: one live, threaded conversation inbox for email, web chat, SMS and social channels."""
