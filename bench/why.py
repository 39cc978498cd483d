"""What we know of why a goal is missed, by model and goal; the page prints it for the goals that it calls missed."""

from bench.results import EFFICIENCY, GOODPUT, ICON_TAIL, MIXED, OVERHEAD, SATURATED, SPLASH_TAIL

_EFFICIENCY = (
    "Proxy, Gateway, replica and client share two cores with the engine, which alone has one to itself; an image of "
    "this model takes it less than a fifth of a second, and a request's way through Serve's processes a part of that."
)
_OVERHEAD = (
    "The echo neither checks a key nor stores anything: ours looks the key up, encodes a PNG, writes and syncs its "
    "file, commits its row, and reads the file again. Timed once by hand: 5 ms for the key, 3 for PNG and file, 6 for "
    "row and file read again, 4 for FastAPI and what stands before it."
)
_SPLASH = (
    "The image with the least left to do goes first, so icons overtake splashes; where a batch gains nothing a splash "
    "pays for all of that."
)
_NO_GAIN = "A batch gains little on this model"

WHY = {
    ("overhead-bound", GOODPUT): (
        "The best peer is our own engine held to equal requests; the rounds gave 2.82, 3.41 and 1.81. In the last two "
        "ours had 94 % in time at load 2.0, one request of 48 too few."
    ),
    ("overhead-bound", SATURATED): (
        "LitServe's one call for equal requests is a batch too; what lies between the two is less than what ours "
        "differs from itself in the table below."
    ),
    ("overhead-bound", ICON_TAIL): (
        "The best peer at this load is our own engine held to equal requests. Where it fell behind, in one round of "
        "three, ours was 4.33 times lower; in the other two neither had a queue, and it had all in time. Servers that "
        "draw whole images are slower by what the table below says."
    ),
    ("overhead-bound", SPLASH_TAIL): _SPLASH,
    ("overhead-bound", MIXED): (
        "The rounds gave 2.69, 3.76 and 3.11; ours differs from itself by more than that in the table below."
    ),
    ("overhead-bound", EFFICIENCY): _EFFICIENCY,
    ("overhead-bound", OVERHEAD): _OVERHEAD,
    (
        "compute-bound",
        GOODPUT,
    ): f"{_NO_GAIN}, so what a server carries is what its arithmetic takes; order alone differs.",
    ("compute-bound", ICON_TAIL): f"{_NO_GAIN}, so an icon that joins others waits for their arithmetic.",
    ("compute-bound", SPLASH_TAIL): _SPLASH,
    ("compute-bound", SATURATED): (
        f"{_NO_GAIN}, so all that saturate it draw at one speed; ours shares an interpreter with its HTTP server, and "
        "LitServe's is a process of its own."
    ),
    ("compute-bound", MIXED): (
        f"{_NO_GAIN}; what is left to gain is text encoding, decoding, and what diffusers does around each call."
    ),
    ("compute-bound", EFFICIENCY): _EFFICIENCY,
    ("compute-bound", OVERHEAD): _OVERHEAD,
}
