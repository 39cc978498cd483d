"""Users: oneself, and for admins all of them."""

from fastapi import APIRouter

from serve_app.auth.schemas import UserChangeBody, UserCreateBody, UserList, UserView
from serve_app.deps import Admin, AnyCaller, Context
from serve_app.json_body import JsonRoute

router = APIRouter(prefix="/users", tags=["users"], route_class=JsonRoute)


@router.get("")
async def list_users(context: Context, caller: Admin) -> UserList:  # noqa: ARG001
    return UserList(data=[UserView.model_validate(row) for row in await context.users.list()])


@router.post("", status_code=201)
async def create_user(body: UserCreateBody, context: Context, caller: Admin) -> UserView:  # noqa: ARG001
    email = body.email and body.email.lower()
    return UserView.model_validate(await context.users.create(body.name, email, body.role))


@router.get("/me")
async def read_me(context: Context, caller: AnyCaller) -> UserView:
    """Whose key this is."""
    return UserView.model_validate(await context.users.read(caller.user_id))


@router.patch("/{user_id}")
async def change_user(
    user_id: str, body: UserChangeBody, context: Context, caller: Admin  # noqa: ARG001
) -> UserView:  # fmt: skip
    """Takes effect with the next request of each key, and on open streams within seconds. 409 for the last admin."""
    return UserView.model_validate(await context.users.change(user_id, body.role, body.is_disabled))
