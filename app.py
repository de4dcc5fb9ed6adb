"""The Chalice app. No logic lives here.

Every route, form, hook and job is declared in chalicelib/handlers; docs/architecture.md shows the
house.
"""

from chalicelib.handlers import opening

app = opening.App(opening.known())
app.debug = False
