import pytest

from stack.errors import UnknownProgramError
from stack.programs import all_programs, select
from stack.settings import Mode, Settings, load_settings
from stack.state import State

DATABASES = ["authentication-db", "products-db", "orders-db"]
SERVICES = ["authentication", "products", "orders", "gateway"]


class TestSelect:
    def test_returns_all_programs_without_names(self, settings: Settings) -> None:
        programs = all_programs(settings)

        assert select(programs, []) == list(programs.values())

    def test_accepts_groups_and_names(self, settings: Settings) -> None:
        selected = select(all_programs(settings), ["kafka", "databases"])

        assert [program.name for program in selected] == [*DATABASES, "kafka"]

    def test_refuses_an_unknown_name(self, settings: Settings) -> None:
        with pytest.raises(
            UnknownProgramError, match=r"no program 'mysql'\. The programs are auth"
        ):
            select(all_programs(settings), ["mysql"])


class TestAllPrograms:
    def test_reloads_services_only_in_development(self, state: State) -> None:
        development = all_programs(Settings(state=state.folder))["orders"]
        production = all_programs(Settings(state=state.folder, mode=Mode.PRODUCTION))["orders"]

        assert "shopkit.reload" in development.command
        assert development.command[-3:] == ["-m", "orders", "serve"]
        assert production.command[1:] == ["-m", "orders", "serve"]
        assert production.environment["ENVIRONMENT"] == "production"
        assert production.environment["CHAOS_ENDPOINTS"] == "false"

    def test_no_environment_contains_a_password(self, state: State, settings: Settings) -> None:
        password = state.password("orders-db.password")

        for program in all_programs(settings).values():
            assert password not in str(program)

    def test_a_changed_setting_is_noticed(self, state: State) -> None:
        all_programs(Settings(state=state.folder))["orders"].write(state)

        assert all_programs(Settings(state=state.folder))["orders"].is_written(state)
        changed = Settings(state=state.folder, log_level="DEBUG")
        assert not all_programs(changed)["orders"].is_written(state)

    def test_each_service_gets_the_addresses_that_it_needs(self, settings: Settings) -> None:
        programs = all_programs(settings)

        assert programs["gateway"].environment["ORDERS_URL"] == "http://127.0.0.1:8003"
        assert programs["orders"].environment["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:9092"
        assert "KAFKA_BOOTSTRAP_SERVERS" not in programs["authentication"].environment
        assert "MONGO_URL_FILE" not in programs["gateway"].environment
        assert [name for name in programs if name in SERVICES] == SERVICES

    def test_mails_are_received_by_a_program_of_the_stack(self, state: State) -> None:
        settings = Settings(state=state.folder)
        programs = all_programs(settings)

        ports = ["--port", "8025", "--smtp-port", "1025"]
        assert programs["mail"].command[2:] == [
            "shopkit.mail_catcher",
            str(state.mails()),
            *ports,
        ]
        for name in ("authentication", "orders"):
            environment = programs[name].environment
            assert environment["MAIL"] == "on"
            assert environment["SMTP_PORT"] == "1025"
            assert environment["PUBLIC_URL"] == "http://127.0.0.1:8080"
        assert "SMTP_HOST" not in programs["products"].environment

    def test_no_program_receives_mails_if_none_are_sent(self, state: State) -> None:
        programs = all_programs(Settings(state=state.folder, mail="off"))

        assert "mail" not in programs
        assert programs["orders"].environment["MAIL"] == "off"

    def test_cards_are_paid_in_the_sandbox_in_development_only(self, state: State) -> None:
        programs = all_programs(Settings(state=state.folder))

        assert programs["stripe"].command[2:] == [
            "shopkit.stripe_sandbox",
            str(state.data("stripe.db")),
            *("--port", "8026"),
            *("--webhook-url", "http://127.0.0.1:8080/api/payments/stripe/events"),
        ]
        keys = programs["stripe"].environment
        orders = programs["orders"].environment
        assert keys.items() <= orders.items()
        assert orders["STRIPE_API_BASE"] == "http://127.0.0.1:8026"
        production = all_programs(Settings(state=state.folder, mode=Mode.PRODUCTION))
        assert "stripe" not in production
        assert "STRIPE_SECRET_KEY" not in production["orders"].environment

    def test_three_members_share_a_database_and_all_brokers_are_known(self, state: State) -> None:
        settings = load_settings({"STATE": str(state.folder), "PORTS": "free", "MEMBERS": "3"})

        programs = all_programs(settings)

        members = [program for program in programs.values() if program.server == "orders-db"]
        assert [program.name for program in members] == ["orders-db", "orders-db-2", "orders-db-3"]
        assert {program.command[program.command.index("--replSet") + 1] for program in members} == {
            "orders-db"
        }
        brokers = programs["orders"].environment["KAFKA_BOOTSTRAP_SERVERS"].split(",")
        assert brokers == [f"127.0.0.1:{port}" for port in settings.ports_of("kafka")]
        assert programs["orders"].environment["TOPIC_REPLICATION_FACTOR"] == "3"
        assert [program.name for program in select(programs, ["kafka"])] == [
            "kafka",
            "kafka-2",
            "kafka-3",
        ]
