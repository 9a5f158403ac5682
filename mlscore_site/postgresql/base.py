"""Django's PostgreSQL, whose connections are known to be usable without asking the server."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the kept connection still serves; Django asks once a request.

        A server that ends a connection tells its socket, which then has something to read although nothing was asked. Where
        there is nothing, the question itself, a round trip that many a request would feel, is spared.
        """
        if self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or super().is_usable()
