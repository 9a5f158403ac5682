"""Django's PostgreSQL, whose connections are known to be usable without asking the server, and which plans once."""

import select
from typing import Any

from django.db.backends.postgresql import base

# Prepared statements are written so that one plan serves all values. Planning each five times first, as PostgreSQL would on
# each connection, is for nothing. Compiling takes longer than any of these statements.
PLANNING = "SET plan_cache_mode = force_generic_plan; SET jit = off"


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        self.told = select.poll()
        self.told.register(connection.fileno(), select.POLLIN)
        return connection

    def _configure_connection(self, connection: Any) -> bool:
        """Django's own settings of a new connection, and how it plans. True: they have to be committed."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(PLANNING, prepare=False)
        return True

    def is_usable(self) -> bool:
        """Whether the kept connection still serves; Django asks once a request.

        A server that ends a connection tells its socket, which then has something to read although nothing was asked. Where
        there is nothing, the question itself, a round trip that many a request would feel, is spared.
        """
        if self.connection.closed:
            return False
        return not self.told.poll(0) or super().is_usable()
