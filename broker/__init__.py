"""The broker: owns what was said and who is here."""
