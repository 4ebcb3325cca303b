"""The rooms of this gateway: who is subscribed, what they are sent, catching up."""
