"""The demo workspace: believable people and conversations, a shop page, and a post office that keeps what is sent."""
