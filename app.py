"""The Chalice app: registers the doors. No logic lives here.

Every route, form, hook and job is declared in chalicelib/handlers; docs/architecture.md shows the
house.
"""

from chalice.app import Chalice

from chalicelib import handlers
from chalicelib.handlers import logs

app = Chalice(app_name="balint", configure_logs=False)
app.debug = False
logs.set_up()  # last: Chalice sets a level of its own with `debug`

for door in handlers.ALL:
    app.register_blueprint(door)
