"""The doctor's look at Redis, where one counts the limits. Its URL may hold a password and is never told."""

from redis import AuthenticationError, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from serve_app.doctor.finding import Finding, broken, ok
from serve_app.settings import REDIS_VARIABLE

TIMEOUT_S = 3.0
PING = f'redis-cli -u "${REDIS_VARIABLE}" ping'


def check_redis(url: str) -> Finding:
    try:
        redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        cause = f"{REDIS_VARIABLE} begins with none of redis://, rediss:// and unix://, or has no such port"
        return broken("redis", "not checked: the URL is none of Redis", cause, f"export {REDIS_VARIABLE}=redis://HOST")
    named = redis.connection_pool.connection_kwargs
    place = named.get("path") or f"{named.get('host', 'localhost')}:{named.get('port', 6379)}"
    try:
        with redis:
            told = redis.info("server")["redis_version"]
    except AuthenticationError:
        cause = f"the password in {REDIS_VARIABLE} is missing or not the server's"
        return broken("redis", f"{place} refuses the password", cause, PING)
    except RedisError as error:
        cause = "it is not running or has another address; until it answers, no key with a limit is served"
        return broken("redis", f"{place} does not answer: {type(error).__name__}", cause, PING)
    return ok("redis", f"{place} answers, version {told}")
