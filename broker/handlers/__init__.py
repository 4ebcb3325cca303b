"""What each command does to the state: one file for a subject, one function for a command."""
