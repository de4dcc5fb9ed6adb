"""Tasters, applications, offers, enrolments: the rows and what holds for them."""
