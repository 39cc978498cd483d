"""Users, their passwords and their keys, as HTTP callers see them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serve_app.auth.limits import Limits
from serve_app.auth.roles import Role, Scope
from serve_app.schemas import Body, Visible

UserName = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$")]


class UserCreateBody(Body):
    name: UserName
    email: Email | None = Field(None, description="may stand for the name; kept in lower case")
    role: Role = "member"


class UserChangeBody(Body):
    """What is absent stays as it is."""

    role: Role | None = None
    is_disabled: bool | None = Field(None, description="true ends all keys and sessions of the user")


class UserView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    object: Literal["user"] = "user"
    name: str
    email: str | None
    role: Role
    created_at: datetime
    disabled_at: datetime | None


class Me(UserView):
    scopes: list[Scope] = Field(description="of the key or session that asks")


class UserWithToken(UserView):
    password_token: str = Field(description="sets their password, once, within a week; shown once")


class PasswordToken(BaseModel):
    password_token: str = Field(description="sets their password, once, within a week; shown once")


class SignInBody(Body):
    name: str = Field(max_length=254, description="the user's name or e-mail address")
    password: str = Field(max_length=1024)


class PasswordBody(Body):
    token: str = Field(max_length=256)
    password: str = Field(max_length=1024, description="12 to 128 characters")


class PasswordChangeBody(Body):
    current_password: str = Field(max_length=1024)
    password: str = Field(max_length=1024, description="the new one, 12 to 128 characters")


class UserList(BaseModel):
    object: Literal["list"] = "list"
    data: list[UserView]


class KeyCreateBody(Body):
    name: Visible = Field(max_length=100)
    scopes: list[Scope] = Field(["generate"], min_length=1, max_length=3)
    expires_in_days: int | None = Field(None, ge=1, le=3650)
    limits: Limits = Limits()
    user_id: str | None = Field(None, max_length=64, description="whose it is; absent: one's own")


class Key(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    user_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    limits: Limits


class KeyWithSecret(Key):
    key: str = Field(description="shown once")


class KeyList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Key]
