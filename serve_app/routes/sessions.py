"""Signing in with a name and a password, and out again."""

from fastapi import APIRouter, Request, Response

from deployments.errors import NotFound
from serve_app.auth.cookie import client_address, delete_cookie, refuse_foreign_origin, set_cookie
from serve_app.auth.schemas import PasswordBody, SignInBody, UserView
from serve_app.deps import AnyCaller, Context, ThisAct
from serve_app.json_body import JsonRoute

router = APIRouter(tags=["sessions"], route_class=JsonRoute)


@router.post("/sessions", status_code=201)
async def sign_in(body: SignInBody, request: Request, response: Response, context: Context) -> UserView:
    """Sets the session's cookie, which ends after 12 hours without a request, and after a week."""
    if "origin" in request.headers:
        refuse_foreign_origin(request, context.public_url)  # no page signs its reader in as somebody else
    user, key = await context.sessions.open(body.name.lower(), body.password, client_address(request))
    set_cookie(response, request, context.public_url, key)
    return UserView.model_validate(user)


@router.delete("/sessions/current", status_code=204)
async def sign_out(request: Request, context: Context, caller: AnyCaller, act: ThisAct) -> Response:
    act.upon("session", caller.key_id)
    if not caller.is_session:
        raise NotFound("this is a key and no session", "session_not_found")
    await context.sessions.end(caller.key_id)
    response = Response(status_code=204)
    delete_cookie(response, request, context.public_url)
    return response


@router.post("/passwords", status_code=204)
async def set_password(body: PasswordBody, context: Context) -> Response:
    """With a token from an admin, or from the first start. Ends all sessions of the user."""
    await context.sessions.set_password(body.token, body.password)
    return Response(status_code=204)
