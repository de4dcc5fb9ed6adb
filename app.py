"""The Chalice app: registers the doors. No logic lives here.

Every route, form, hook and job is declared in chalicelib/handlers; docs/architecture.md shows the
house.
"""

from chalice.app import Chalice

from chalicelib import handlers

app = Chalice(app_name="balint", configure_logs=False)
app.debug = False

for door in handlers.ALL:
    app.register_blueprint(door)
