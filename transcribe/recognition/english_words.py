"""English words that are no names: function words, which rules for English go by."""

FUNCTION_WORDS = frozenset(
    """
    a an the and or but so nor if when while because as although though since unless until of to in on at for with
    from by about into than then that that's that'll that'd this these those there there's there'll there'd here
    here's it it's it'll it'd its i i'm i'll i've i'd he he's he'll he'd she she's she'll she'd they they're they've
    they'll they'd we we're we've we'll we'd you you're you've you'll you'd your my mine our their his her me us him
    them is are isn't aren't was were wasn't weren't be been do does did don't doesn't didn't have haven't has hasn't
    had hadn't can can't could couldn't will won't would wouldn't should shouldn't must mustn't might what what's
    which who who's who'll who'd who've whose why how how's where where's not no yes yeah just well okay oh also maybe
    really actually very too only some any all both each every other another such more most much many out up down
    """.split()
)
