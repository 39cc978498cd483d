"""What we know of why a goal is missed, by model and goal; the page prints it for the goals that it calls missed."""

from bench.results import EFFICIENCY, GOODPUT, ICON_TAIL, MIXED, OVERHEAD, SATURATED, SPLASH_TAIL

_EFFICIENCY = (
    "Proxy, Gateway, replica and client share two cores with the engine, which alone has one to itself; an image of "
    "this model takes it less than a fifth of a second, and a request's way through Serve's processes a part of that."
)
_OVERHEAD = (
    "The echo neither checks a key nor stores anything: ours looks the key up, encodes a PNG, writes and syncs its "
    "file, commits its row, and reads the file again."
)
_SPLASH = (
    "The image with the least left to do goes first, so icons overtake splashes; where a batch gains nothing a splash "
    "pays for all of that."
)
_NO_GAIN = "A batch gains little on this model"

WHY = {
    ("overhead-bound", GOODPUT): (
        "The best peer is our own engine held to equal requests. It was played up to load 2.0 and carried that in two "
        "rounds of three, so that 3.2 / 2.0, the highest loads tried, is the most that can come out; ours had all in "
        "time at 3.2 in those rounds. In the other round both fell behind at 2.0, and ours had 95 % in time at 2.6: "
        "we take that for a disturbance of the machine, and have not shown it."
    ),
    ("overhead-bound", SATURATED): (
        "LitServe's one call for equal requests is a batch too; what lies between the two is less than what ours "
        "differs from itself in the table below."
    ),
    ("overhead-bound", ICON_TAIL): (
        "The best peer at this load is our own engine held to equal requests, which has no queue yet. Servers that "
        "draw whole images are slower by what the table below says."
    ),
    ("overhead-bound", SPLASH_TAIL): _SPLASH,
    ("overhead-bound", EFFICIENCY): _EFFICIENCY,
    ("overhead-bound", OVERHEAD): _OVERHEAD,
    ("compute-bound", ICON_TAIL): (
        f"{_NO_GAIN}, so an icon that joins others waits for their arithmetic; at 0.8 of what one image after the "
        "other can do, one after the other is hard to beat."
    ),
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
