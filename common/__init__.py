"""The words that broker, gateway and scripts share. Imports neither side."""
