"""HTTP: the page and its files, origins, listeners, the Engine.IO and Socket.IO servers."""
