"""Users: oneself, and for admins all of them."""

from fastapi import APIRouter, Request, Response

from serve_app.auth.cookie import client_address
from serve_app.auth.roles import ALL_SCOPES
from serve_app.auth.schemas import (
    Me,
    PasswordChangeBody,
    PasswordToken,
    UserChangeBody,
    UserCreateBody,
    UserList,
    UserView,
    UserWithToken,
)
from serve_app.deps import Admin, AnyCaller, Context, ThisAct
from serve_app.json_body import JsonRoute

router = APIRouter(prefix="/users", tags=["users"], route_class=JsonRoute)


@router.get("")
async def list_users(context: Context, caller: Admin) -> UserList:  # noqa: ARG001
    return UserList(data=[UserView.model_validate(row) for row in await context.users.list()])


@router.post("", status_code=201)
async def create_user(
    body: UserCreateBody, context: Context, caller: Admin, act: ThisAct  # noqa: ARG001
) -> UserWithToken:  # fmt: skip
    """The answer holds a token with which they set their password, this once."""
    email = body.email and body.email.lower()
    user = UserView.model_validate(await context.users.create(body.name, email, body.role, act))
    return UserWithToken(**user.model_dump(), password_token=await context.sessions.new_password_token(user.id))


@router.get("/me")
async def read_me(context: Context, caller: AnyCaller) -> Me:
    """Whose key this is, and what it may do."""
    user = UserView.model_validate(await context.users.read(caller.user_id))
    return Me(**user.model_dump(), scopes=[scope for scope in ALL_SCOPES if scope in caller.scopes])


@router.post("/me/password", status_code=204)
async def change_password(
    body: PasswordChangeBody, request: Request, context: Context, caller: AnyCaller, act: ThisAct
) -> Response:  # fmt: skip
    """One's own, by who knows it. Ends all other sessions; API keys stay. A wrong one counts as at signing in."""
    address = client_address(request)
    await context.sessions.change_password(caller, body.current_password, body.password, address, act)
    return Response(status_code=204)


@router.patch("/{user_id}")
async def change_user(
    user_id: str, body: UserChangeBody, context: Context, caller: Admin, act: ThisAct  # noqa: ARG001
) -> UserView:  # fmt: skip
    """Takes effect with the next request of each key, and on open streams within seconds. 409 for the last admin."""
    return UserView.model_validate(await context.users.change(user_id, body.role, body.is_disabled, act))


@router.post("/{user_id}/password-token", status_code=201)
async def create_password_token(user_id: str, context: Context, caller: Admin) -> PasswordToken:  # noqa: ARG001
    """For a user who has forgotten theirs; what they have holds until the token is used."""
    return PasswordToken(password_token=await context.sessions.new_password_token(user_id))
