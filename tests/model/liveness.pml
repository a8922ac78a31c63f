/*
 * Going on (docs/consensus.md), for Spin: when the network has healed, nobody
 * stays in a window.
 *
 * One window of PLACES slots. Before the network heals everything may happen in
 * any order: messages arrive or not, validators are restarted and lose the
 * certificates that are not on their disks yet, and traitors give any vote to
 * whom they like. Afterwards they are silent, for ever. What they gave to one
 * validator only is then of use to others by its certificates alone.
 *
 * The window's leader is a traitor, too, whose blocks no more come then. From
 * there on votes only become more. So it is enough that there is no state in
 * which nothing is to come, and somebody is still in the window: no timer that
 * runs out, no honest vote that arrives, no evidence that is asked for.
 *
 * HONEST validators of stake 1, TRAITOR besides, RESTARTS at most. Each
 * WITHOUT_... leaves out one part, and must leave somebody behind for ever.
 */

/* Of the two blocks of a slot, each stands on the one of its number. */
byte l_vote[HONEST * PLACES];  /* notarized: 0, or 1 + which */
byte l_final[HONEST * PLACES]; /* finalized: 0, or 1 + which */
byte l_low[HONEST];            /* the lowest place given up; PLACES: none */
byte l_current[HONEST];        /* R6; PLACES: it has left the window */
byte l_has[HONEST];            /* notarisations that it has: bits of blocks */
byte l_covered[HONEST];        /* the lowest place that it can show covered */
byte l_restarts;
bool l_healed;
byte l_a;

c_code {
static int l_is_quorum(int stake)
{
    return 3 * stake > 2 * (HONEST + TRAITOR);
}

/* Traitors' votes help until the network heals. */
static int l_help(void)
{
    return now.l_healed ? 0 : TRAITOR;
}

static int l_notarised(int block)
{
    int stake = l_help();
    for (int i = 0; i < HONEST; i++)
        stake += now.l_vote[i * PLACES + block / 2] == block % 2 + 1;
    return l_is_quorum(stake);
}

static int l_is_covered(int place)
{
    int stake = l_help();
    for (int i = 0; i < HONEST; i++)
        stake += now.l_low[i] <= place;
    return l_is_quorum(stake);
}

/* R1, by what a validator has itself. */
static int l_certified(int i, int block)
{
    for (int at = block; at < 2 * PLACES; at += 2)
        if (now.l_has[i] >> at & 1)
            return 1;
    return 0;
}

/* R3. Some quorum may have notarised the parent unseen; that helps nobody. */
static void l_notarize(int i, int block)
{
    int place = block / 2;
    unsigned char *vote = &now.l_vote[i * PLACES + place];
    if (now.l_healed || now.l_current[i] >= PLACES || *vote)
        return;
    /* The blocks' numbers are names: the first that is voted for has 0. */
    if (block % 2) {
        int is_first = 1;
        for (int at = 0; at < HONEST * PLACES; at++)
            is_first &= !now.l_vote[at];
        if (is_first)
            return;
    }
    if (place && vote[-1] != block % 2 + 1 &&
        !(now.l_has[i] >> (block - 2) & 1))
        return;
    *vote = block % 2 + 1;
}

/* R4 */
static int l_may_nullify(int i)
{
    int place = now.l_current[i];
    if (place >= PLACES || now.l_low[i] <= place)
        return 0;
#ifdef WITHOUT_LOWER
    if (now.l_low[i] < PLACES)
        return 0;
#endif
    for (int at = place; at < PLACES; at++)
        if (now.l_final[i * PLACES + at])
            return 0;
    return 1;
}

/* It has left the window, and no restart brings it back. */
static int l_is_gone(int i)
{
    return now.l_current[i] == PLACES &&
           (now.l_healed || now.l_restarts == RESTARTS);
}

/* R5 */
static void l_finalize(int i, int block)
{
    int place = block / 2;
    if (!l_is_gone(i) && !now.l_final[i * PLACES + place] &&
        l_certified(i, block) &&
        now.l_low[i] > place)
        now.l_final[i * PLACES + place] = block % 2 + 1;
}

static int l_may_advance(int i)
{
    int place = now.l_current[i];
    return place < PLACES &&
           (l_certified(i, 2 * place) || l_certified(i, 2 * place + 1) ||
            now.l_covered[i] <= place);
}

/* At once with what makes it possible. */
static void l_advance(void)
{
    for (int i = 0; i < HONEST; i++)
        while (l_may_advance(i)) {
            int place = now.l_current[i];
            if (l_certified(i, 2 * place) || l_certified(i, 2 * place + 1))
                now.l_current[i]++;
            else
                now.l_current[i] = PLACES;
        }
}

static int l_may_learn(int i, int block)
{
    return !(now.l_has[i] >> block & 1) && l_notarised(block);
}

static int l_may_see_covered(int i, int place)
{
    return now.l_covered[i] > place && l_is_covered(place);
}

/* What the notarisations in an answer are: the highest. */
static int l_highest(int j)
{
    for (int block = 2 * PLACES - 1; block >= 0; block--)
        if (now.l_has[j] >> block & 1)
            return block;
    return -1;
}

/* Evidence of who is further. */
static int l_may_pull(int i, int j)
{
    int block = l_highest(j);
#ifdef WITHOUT_PULL
    return 0;
#endif
    return now.l_current[j] > now.l_current[i] &&
           (now.l_covered[j] < now.l_covered[i] ||
            (block >= 0 && !(now.l_has[i] >> block & 1)));
}

static void l_pull(int i, int j)
{
    int block = l_highest(j);
    if (!l_may_pull(i, j))
        return;
    if (now.l_covered[j] < now.l_covered[i])
        now.l_covered[i] = now.l_covered[j];
    if (block >= 0)
        now.l_has[i] |= 1 << block;
}

/* It keeps its votes, and the certificates that a finalize vote relies on. */
static void l_restart(int i)
{
    if (now.l_healed || now.l_restarts == RESTARTS)
        return;
    int kept = 0;
#ifndef WITHOUT_DURABLE
    for (int block = 0; block < 2 * PLACES; block++)
        for (int at = block / 2; at >= 0; at--)
            if (now.l_final[i * PLACES + at] == block % 2 + 1)
                kept |= now.l_has[i] & 1 << block;
#endif
    now.l_restarts++;
    now.l_has[i] = kept;
    now.l_covered[i] = PLACES;
    now.l_current[i] = 0;
}

/* Nothing is to come any more, and somebody is still there. */
static int l_is_stuck(void)
{
    int left = 0;
    if (!now.l_healed)
        return 0;
    for (int i = 0; i < HONEST; i++) {
        left += now.l_current[i] < PLACES;
        if (l_may_nullify(i))
            return 0;
        for (int block = 0; block < 2 * PLACES; block++)
            if (l_may_learn(i, block))
                return 0;
        for (int place = 0; place < PLACES; place++)
            if (l_may_see_covered(i, place))
                return 0;
        for (int j = 0; j < HONEST; j++)
            if (l_may_pull(i, j))
                return 0;
    }
    return left != 0;
}
}

c_code {
/* Validators can change places without a difference. */
static long l_rank(int i)
{
    long rank = 0;
    for (int at = 0; at < PLACES; at++)
        rank = (rank * 3 + now.l_vote[i * PLACES + at]) * 3 +
               now.l_final[i * PLACES + at];
    return (((rank * 8 + now.l_low[i]) * 8 + now.l_current[i]) * 256 +
            now.l_has[i]) * 8 + now.l_covered[i];
}

static void l_change(unsigned char *a, unsigned char *b)
{
    unsigned char kept = *a;
    *a = *b;
    *b = kept;
}

static void l_swap(int i, int j)
{
    for (int at = 0; at < PLACES; at++) {
        l_change(&now.l_vote[i * PLACES + at], &now.l_vote[j * PLACES + at]);
        l_change(&now.l_final[i * PLACES + at], &now.l_final[j * PLACES + at]);
    }
    l_change(&now.l_low[i], &now.l_low[j]);
    l_change(&now.l_current[i], &now.l_current[j]);
    l_change(&now.l_has[i], &now.l_has[j]);
    l_change(&now.l_covered[i], &now.l_covered[j]);
}

/* What makes no difference any more is the same in all states: votes of one's
 * own window when it is left for good, and what a later certificate shows. */
static void l_forget(void)
{
    for (int i = 0; i < HONEST; i++) {
        for (int block = 2 * PLACES - 1; block > 1; block--)
            if (now.l_has[i] >> block & 1)
                now.l_has[i] |= 1 << (block - 2);
        for (int at = 0; at < PLACES && l_is_gone(i); at++)
            now.l_final[i * PLACES + at] = 0;
    }
}

static void l_order(void)
{
    l_forget();
    for (int i = 1; i < HONEST; i++)
        for (int j = i; j > 0 && l_rank(j - 1) > l_rank(j); j--)
            l_swap(j - 1, j);
}

static void l_begin(void)
{
    for (int i = 0; i < HONEST; i++)
        now.l_low[i] = now.l_covered[i] = PLACES;
}
}

c_code {
/* What there is to do, numbered: of each validator, and that the network heals.
 */
#define L_BLOCKS (2 * PLACES)
#define L_EACH (3 * L_BLOCKS + PLACES + HONEST + 2)
#define L_ACTIONS (HONEST * L_EACH + 1)

static void l_learn(int i, int block)
{
    if (l_may_learn(i, block))
        now.l_has[i] |= 1 << block;
}

static void l_see_covered(int i, int place)
{
    if (l_may_see_covered(i, place))
        now.l_covered[i] = place;
}

static void l_nullify(int i)
{
    if (l_may_nullify(i))
        now.l_low[i] = now.l_current[i];
}

static void l_act(int action)
{
    int i = action / L_EACH;
    int what = action % L_EACH;
    if (i == HONEST)
        now.l_healed = 1;
    else if (what < L_BLOCKS)
        l_notarize(i, what);
    else if (what < 2 * L_BLOCKS)
        l_finalize(i, what - L_BLOCKS);
    else if (what < 3 * L_BLOCKS)
        l_learn(i, what - 2 * L_BLOCKS);
    else if (what < 3 * L_BLOCKS + PLACES)
        l_see_covered(i, what - 3 * L_BLOCKS);
    else if (what < 3 * L_BLOCKS + PLACES + HONEST)
        l_pull(i, what - 3 * L_BLOCKS - PLACES);
    else if (what == L_EACH - 1)
        l_nullify(i);
    else
        l_restart(i);
    l_advance();
}

/* The first action from that one on that changes something; the count: none
 * does. What changes nothing leads nowhere, and most of them do not. */
static int l_next(int action)
{
    State before;
    size_t size = (size_t)(now.sv - (unsigned char *)&now);
    memcpy(&before, &now, size);
    for (; action < L_ACTIONS; action++) {
        l_act(action);
        int is_same = !memcmp(&before, &now, size);
        memcpy(&now, &before, size);
        if (!is_same)
            break;
    }
    return action;
}
}

active proctype network()
{
    atomic { c_code { l_begin(); } }
end:
    do
    :: atomic {
        c_expr { (l_next(0) < L_ACTIONS) };
        c_code { now.l_a = l_next(0); }
        do
        :: break
        :: c_expr { (l_next(now.l_a + 1) < L_ACTIONS) };
           c_code { now.l_a = l_next(now.l_a + 1); }
        od;
        c_code { l_act(now.l_a); l_order(); now.l_a = 0; }
        assert(c_expr { (!l_is_stuck()) })
    }
    od
}
