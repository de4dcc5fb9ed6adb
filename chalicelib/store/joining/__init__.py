"""Reading applications, offers and enrolments."""
