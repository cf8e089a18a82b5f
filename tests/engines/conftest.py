import pytest
from engines.jobs_of_trips import Expected, expect


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    return expect(tmp_path_factory.mktemp("trips"), rows=4000, tasks=20)
