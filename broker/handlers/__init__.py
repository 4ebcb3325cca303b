"""What each command does: one file a subject, one function a command. Pure."""
