"""Fixtures that every test may ask for, and how Hypothesis behaves here."""

from hypothesis import settings

from tests.support.broker import broker
from tests.support.postgres import postgres_server

__all__ = ["broker", "postgres_server"]

# Coverage and busy machines make single examples slow; a test that hangs is ended by pytest.
settings.register_profile("guanjia", deadline=None, print_blob=True)
settings.register_profile("campaign", settings.get_profile("guanjia"), max_examples=2000)
settings.load_profile("guanjia")
