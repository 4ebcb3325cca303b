import msgspec
import pytest

from common.settings import Settings, SettingsError, read_settings


def test_without_environment_everything_has_its_default() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"PATH": "/bin", "HOME": "/"}) == Settings()


def test_values_are_read_as_what_they_are() -> None:
    settings = read_settings(
        {"PORT": "0", "HUBBUB_LEASE": "2.5", "HUBBUB_INSECURE": "1", "HUBBUB_STORE": "memory:"}
    )
    assert (settings.port, settings.lease, settings.store) == (0, 2.5, "memory:")
    assert settings.insecure is True


def test_every_field_has_a_description_and_a_variable() -> None:
    for field in msgspec.inspect.type_info(Settings).fields:  # type: ignore[attr-defined]
        assert field.encode_name == "PORT" or field.encode_name.startswith("HUBBUB_")
        meta = field.type
        description = getattr(meta, "extra_json_schema", None) or {}
        assert description.get("description"), f"{field.name} says nothing of itself"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUBBUB_LEESE", "1"),
        ("HUBBUB_LEASE", "soon"),
        ("HUBBUB_LEASE", "0"),
        ("HUBBUB_LEASE", "-1"),
        ("PORT", "65536"),
        ("HUBBUB_PAGE", "0"),
        ("HUBBUB_BIND", "127.0.0.1:5555"),
        ("HUBBUB_EVENTS_BIND", "tcp://127.0.0.1"),
        ("HUBBUB_BROKER", "tcp://[::1"),
        ("HUBBUB_BROKER", "ipc://"),
        ("HUBBUB_LOG", "loud"),
        ("HUBBUB_ORIGINS", "https://a.example, b.example"),
        ("HUBBUB_ORIGINS", "https://a.example/page"),
        ("HUBBUB_GATEWAYS", "https://a.example, b.example"),
        ("HUBBUB_GATEWAYS", "https://a.example/chat"),
        ("HUBBUB_GATEWAYS", "ws://a.example"),
        ("HUBBUB_GATEWAYS", "https://a.example:65536"),
        ("HUBBUB_GATEWAYS", "https://ann@a.example"),
        ("HUBBUB_GATEWAYS", "https://a.example;default-src"),
        ("HUBBUB_GATEWAYS", "https://bücher.example"),
        ("HUBBUB_GATEWAYS", "https://a.example\nhttps://b.example"),
        ("HUBBUB_GATEWAYS", "*"),
        ("HUBBUB_PATH", "chat"),
        ("HUBBUB_PATH", "/chat/"),
        ("HUBBUB_PROXIES", "10.0.0.7, proxy.example"),
        ("HUBBUB_PORT", "4000"),
        ("HUBBUB_BROKER_PORT", "5555"),
    ],
)
def test_a_bad_variable_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint", ["tcp://127.0.0.1:0", "tcp://*:5555", "tcp://[::1]:5555", "ipc:///tmp/x"]
)
def test_endpoints_may_be_of_every_kind(endpoint: str) -> None:
    assert read_settings({"HUBBUB_BIND": endpoint}).bind == endpoint


@pytest.mark.parametrize(
    "origins", ["", "*", "null", "https://a.example/, http://[::1]:8080", "capacitor://localhost"]
)
def test_origins_may_be_of_every_kind(origins: str) -> None:
    assert read_settings({"HUBBUB_ORIGINS": origins}).origins == origins


@pytest.mark.parametrize(
    "gateways", ["", "https://a.example/, http://B.example:4001", "http://[::1]:4000"]
)
def test_gateways_are_scheme_and_host(gateways: str) -> None:
    assert read_settings({"HUBBUB_GATEWAYS": gateways}).gateways == gateways


def test_variables_that_kubernetes_sets_for_a_service_are_ignored() -> None:
    service = {
        "HUBBUB_PORT": "tcp://10.0.0.7:4000",
        "HUBBUB_SERVICE_HOST": "10.0.0.7",
        "HUBBUB_BROKER_PORT": "tcp://10.0.0.8:5555",
        "HUBBUB_BROKER_SERVICE_HOST": "10.0.0.8",
    }
    assert read_settings({**service, "PORT": "80"}) == Settings(port=80)


def test_the_error_names_the_setting_that_may_be_meant() -> None:
    with pytest.raises(SettingsError, match="LEESE is unknown; is HUBBUB_LEASE meant"):
        read_settings({"HUBBUB_LEESE": "1"})
    with pytest.raises(SettingsError, match="is PORT meant"):
        read_settings({"HUBBUB_PORT": "4000"})


@pytest.mark.parametrize("proxies", ["", "loopback", "10.0.0.7, 10.1.0.0/16,fd00::/8"])
def test_proxies_are_addresses_and_networks(proxies: str) -> None:
    assert read_settings({"HUBBUB_PROXIES": proxies}).proxies == proxies
