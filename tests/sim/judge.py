"""The judge: finds what is wrong with a world that has settled."""

from collections.abc import Iterator

from common.names import LOBBY, is_private, user_key
from tests.sim.archive import Archive
from tests.sim.checker import check
from tests.sim.town import ROOMS, Town


def judge(world: Town) -> list[str]:
    """Compares everything that everybody was told with the archive and with the broker's state."""
    archive = archive_of(world)
    for page in world.everybody():
        if page.view is not None and page.socket is not None:
            page.view.complete = True
    problems = [*check(archive, world.views, world.acks), *_rosters(world)]
    # A backup may lack a message, and get the next one, which was sent again.
    if not world.old:
        problems += [*_order(world, archive), *world.bans.problems]
        problems += world.bans.broken(world.disk)
    return problems


def still_here(world: Town) -> list[str]:
    """Names the people who are banned and still connected."""
    if world.old:  # a restored backup may have lost the ban
        return []
    return [
        f"{page.name} is banned and hears all the same"
        for page in world.everybody()
        if page.socket is not None and page.uid in world.bans.now
    ]


def archive_of(world: Town) -> Archive:
    disks = {**world.old, world.disk.epoch: world.disk}
    kinds = {name: made for disk in disks.values() for name, made in disk.kinds.items()}
    return Archive(
        {epoch: disk.logs for epoch, disk in disks.items()},
        {name: set(made.members) for name, made in kinds.items() if is_private(name)},
        (world.settings.replay, world.settings.replay_events),
        {epoch: disk.crowds.spells for epoch, disk in disks.items()},
    )


def _rosters(world: Town) -> Iterator[str]:
    """Exactly those who are connected are in their rooms, and all of them see the same names."""
    for name in ROOMS:
        room = world.broker.service.core.state.rooms.get(name)
        by_uid = room.participants.by_uid if room else {}
        truth = set(by_uid.values())
        pages = [page for page in world.pages if page.socket and name in page.rooms]
        plain = [page for page in world.plain if page.socket and name == LOBBY]
        here = {page.uid for page in pages} | {page.uid for page in plain}
        if here != set(by_uid):
            yield f"in {name} are {sorted(by_uid)}, should be {sorted(here)}"
        for page in pages:
            roster = page.rooms[name].roster
            if roster.names != truth or roster.count != len(truth):
                yield f"{page.name} sees {roster.count}, {roster.names} in {name}, not {truth}"
        line = ", ".join(sorted(truth, key=user_key))
        for other in plain:
            if other.line != line:
                yield f"{other.name} sees {other.line!r}, not {line!r}"


def _order(world: Town, archive: Archive) -> Iterator[str]:
    """The messages of each page are in the logs in the order in which the page sent them."""
    for page in world.pages:
        place = {id: n for n, (_, id) in enumerate(page.queue.said)}
        for room in {room for room, _ in page.queue.said}:
            log = archive.log(archive.epoch, room)
            order = [place[e.id] for e in log if e.uid == page.uid and e.id in place]
            if order != sorted(order):
                yield f"{page.name} said in {room}, out of order: {order}"
