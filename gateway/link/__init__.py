"""The connection to the broker, made anew whenever it is lost.

`Connector` (connector.py) has the ZeroMQ sockets and the clock; it drives `Link` (link.py), which
takes what arrives (`Link.read`) and does what is due (`Link.step`). The states of a link
(states.py), of which every loss leads back to the first::

    DOWN         no connection; what is asked waits in `Pending`              pending.py
    GREETING     Hello was sent
    WELCOMED     the broker has told its epoch, its term, and where it publishes
    SUBSCRIBING  all topics are subscribed                                    topics.py
    REGISTERING  the broker is told which sessions are here                   registration.py
    RESENDING    the commands without an answer are sent again, in order
    UP           commands are sent at once, and broadcasts reach the chat

`Chat.on_link_up` follows; `gateway/replica/__init__.py` draws how each room catches up then.

**How a loss is noticed** (`LinkLost`): ZeroMQ tells that the connection broke; or no answer came
for two thirds of the lease and a second, though a Beat is sent whenever nothing else was sent for a
third of it; or the broker answers that it does not know this gateway. Then the connector closes its
sockets, rests (`Link.rest_s`: longer after each failure, at most a second, and random), and
connects again, until a broker answers. Browsers stay connected meanwhile. A question without an
answer is given up after HUBBUB_REQUEST_TIMEOUT, a command that changes something (`hold`) after
60 s.
"""
