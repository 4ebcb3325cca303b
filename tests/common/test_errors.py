from common.errors import CODES, FrameError, Refused


def test_a_refusal_has_a_code_a_message_and_a_time_to_wait() -> None:
    refused = Refused("rate_limited", "slowly", 1.5)
    assert (refused.code, refused.message, refused.retry_after_s) == ("rate_limited", "slowly", 1.5)
    assert str(refused) == "slowly"
    assert refused.code in CODES


def test_a_frame_error_is_a_value_error() -> None:
    assert issubclass(FrameError, ValueError)
