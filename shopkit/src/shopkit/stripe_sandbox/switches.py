"""The switches of the sandbox: how it misbehaves."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Webhooks(StrEnum):
    """What happens to the events on their way to the shop."""

    DELIVER = "deliver"
    LOSE = "lose"
    DUPLICATE = "duplicate"
    DELAY = "delay"
    REORDER = "reorder"


class Api(StrEnum):
    """How the API answers.

    FAIL: with 500, without doing anything. FAIL_AFTER_WORK: a change is made, and answered with
    500. HANG: after a minute.
    """

    ANSWER = "answer"
    FAIL = "fail"
    FAIL_AFTER_WORK = "fail_after_work"
    HANG = "hang"


class Refunds(StrEnum):
    """The outcome of new refunds. A pending one waits for `POST /sandbox/refunds/{id}/settle`."""

    SUCCEED = "succeed"
    PENDING = "pending"
    FAIL = "fail"


class Switches(BaseModel):
    """How the sandbox behaves. `delay_seconds` is for delayed and reordered events."""

    model_config = ConfigDict(extra="forbid")

    webhooks: Webhooks = Webhooks.DELIVER
    delay_seconds: float = Field(default=5.0, ge=0, le=3_600)
    api: Api = Api.ANSWER
    refunds: Refunds = Refunds.SUCCEED
