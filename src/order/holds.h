/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processes of a biased race say to whoever holds them: a word, and the round. */
#ifndef DAXPIN_ORDER_HOLDS_H
#define DAXPIN_ORDER_HOLDS_H

enum dp_holds_word {
	DP_HOLDS_NONE,
	DP_HOLDS_BEGIN, /* the race has not begun: it waits until it is held */
	DP_HOLDS_EVENT, /* said by the event, as are its ends */
	DP_HOLDS_EVENT_ENDED,
	DP_HOLDS_END, /* the race is over */
};

#endif
