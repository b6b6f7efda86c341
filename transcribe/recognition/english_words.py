"""English words that are no names: function words, which rules for English go by."""

FUNCTION_WORDS = frozenset(
    """
    a an the and or but so nor if when while because as although though since unless until of to in on at for with from
    by about into than then that this these those there here it it's its i i'm he he's she she's they they're they've we
    we're we've you you're you've your my mine our their his her me us him them is are isn't aren't was were wasn't
    weren't be been do does did don't doesn't didn't have has had can can't could couldn't will won't would wouldn't
    should shouldn't must might what what's which who who's whose why how where not no yes yeah just well okay oh also
    maybe really actually very too only some any all both each every other another such more most much many out up down
    """.split()
)
