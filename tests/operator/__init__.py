"""What an operator does with the service, as he types it: commands, settings, signals, full disks and taken ports."""
