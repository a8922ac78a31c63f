/*
 * Agreement of the consensus (docs/consensus.md), for Spin.
 *
 * Honest validators are explicit. Traitors are not: whatever votes they could
 * give count wherever they help, so the model covers all that they could do.
 * Messages are not either: a validator may act on any quorum that exists, and
 * need not, so every delay and loss is covered.
 *
 * The size is set by macros (check.py): HONEST validators with STAKES, TRAITORS
 * with TRAITOR stake together besides, SLOTS in windows of PLACES. Each
 * WITHOUT_... leaves out one part of a rule, and must give a fork.
 *
 * Names have a prefix, because Spin's generated header defines short ones.
 */

/* A block is slot * 2 + which; there are two a slot, so that leaders may lie. */
#define M_BLOCKS (SLOTS * 2)
#define M_WINDOWS ((SLOTS + PLACES - 1) / PLACES)
#define M_GENESIS 1

byte m_parent[M_BLOCKS];           /* 0: not made; 1: genesis; 2 + block */
byte m_vote[HONEST * SLOTS];       /* notarized: 0, or 1 + which */
byte m_final[HONEST * SLOTS];      /* finalized: 0, or 1 + which */
byte m_low[HONEST * M_WINDOWS];    /* the lowest place given up + 1, or 0 */
byte m_current[HONEST];            /* R6 */
short m_a;

c_code {
static const int m_stake[] = { STAKES };

static int m_sum(void)
{
    int sum = TRAITOR;
    for (int i = 0; i < HONEST; i++)
        sum += m_stake[i];
    return sum;
}

static int m_is_quorum(int stake)
{
#ifdef WITHOUT_STAKES
    return 3 * (stake + TRAITORS) > 2 * (HONEST + TRAITORS);
#else
    return 3 * (stake + TRAITOR) > 2 * m_sum();
#endif
}

static int m_weight(int i)
{
#ifdef WITHOUT_STAKES
    return 1;
#else
    return m_stake[i];
#endif
}

static int m_window(int s) { return s / PLACES; }
static int m_place(int s) { return s % PLACES; }

static int m_notarised(int block)
{
    int stake = 0;
    for (int i = 0; i < HONEST; i++)
        if (now.m_vote[i * SLOTS + block / 2] == block % 2 + 1)
            stake += m_weight(i);
    return m_is_quorum(stake);
}

/* R1 */
static int m_certified(int block)
{
    if (m_notarised(block))
        return 1;
    if (block / 2 + 1 >= SLOTS || m_place(block / 2 + 1) == 0)
        return 0;
    for (int child = (block / 2 + 1) * 2; child < (block / 2 + 1) * 2 + 2;
         child++)
        if (now.m_parent[child] == block + 2 && m_certified(child))
            return 1;
    return 0;
}

static int m_certified_slot(int s)
{
    return m_certified(2 * s) || m_certified(2 * s + 1);
}

/* R2 */
static int m_covered(int s)
{
    int stake = 0;
    for (int i = 0; i < HONEST; i++) {
        int low = now.m_low[i * ((SLOTS + PLACES - 1) / PLACES) + m_window(s)];
        if (low && low <= m_place(s) + 1)
            stake += m_weight(i);
    }
    return m_is_quorum(stake);
}

static int m_finalised(int block)
{
    int stake = 0;
    for (int i = 0; i < HONEST; i++)
        if (now.m_final[i * SLOTS + block / 2] == block % 2 + 1)
            stake += m_weight(i);
    return m_is_quorum(stake);
}

/* R3 */
static int m_parent_will_do(int i, int block)
{
    int parent = now.m_parent[block] - 2;
    int s = block / 2;
    if (m_place(s)) {
#ifdef WITHOUT_PARENT
        return 1;
#else
        return now.m_vote[i * SLOTS + s - 1] == parent % 2 + 1 ||
               m_notarised(parent);
#endif
    }
#ifndef WITHOUT_CERTIFIED
    if (parent >= 0 && !m_certified(parent))
        return 0;
#endif
#ifndef WITHOUT_COVERED
    for (int t = parent < 0 ? 0 : parent / 2 + 1; t < s; t++)
        if (!m_covered(t))
            return 0;
#endif
    return 1;
}

static int m_may_notarize(int i, int block)
{
    int s = block / 2;
    return now.m_parent[block] && now.m_current[i] < SLOTS &&
           m_window(now.m_current[i]) == m_window(s) &&
#ifndef WITHOUT_ONCE
           !now.m_vote[i * SLOTS + s] &&
#endif
           m_parent_will_do(i, block);
}

/* R4 */
static int m_may_nullify(int i)
{
    int u = now.m_current[i];
    if (u >= SLOTS)
        return 0;
    int low = now.m_low[i * ((SLOTS + PLACES - 1) / PLACES) + m_window(u)];
    if (low && low <= m_place(u) + 1)
        return 0;
#ifndef WITHOUT_KEPT
    for (int t = u; t < SLOTS && m_window(t) == m_window(u); t++)
        if (now.m_final[i * SLOTS + t])
            return 0;
#endif
    return 1;
}

/* R5 */
static int m_may_finalize(int i, int block)
{
    int s = block / 2;
    int low = now.m_low[i * ((SLOTS + PLACES - 1) / PLACES) + m_window(s)];
    return now.m_parent[block] && !now.m_final[i * SLOTS + s] &&
#ifndef WITHOUT_CERTIFICATE
           m_certified(block) &&
#endif
#ifndef WITHOUT_GIVEN_UP
           !(low && low <= m_place(s) + 1) &&
#endif
           1;
}

static int m_descends(int block, int from)
{
    while (block > from)
        block = now.m_parent[block] - 2;
    return block == from;
}

/* Agreement; at most one certified block a slot; never final and covered. */
static int m_holds(void)
{
    for (int a = 0; a < 2 * SLOTS; a++) {
        if (!now.m_parent[a])
            continue;
        if (a % 2 == 0 && now.m_parent[a + 1] && m_certified(a) &&
            m_certified(a + 1))
            return 0;
        if (!m_finalised(a))
            continue;
        if (m_covered(a / 2))
            return 0;
        for (int b = a + 1; b < 2 * SLOTS; b++)
            if (now.m_parent[b] && m_finalised(b) && !m_descends(b, a))
                return 0;
    }
    return 1;
}
}

c_code {
/* A block that a leader may have made so: in a window on the slot before, else
 * on any earlier block. Only those that somebody votes for matter, so a block
 * is made by the first vote for it. */
static int m_may_be(int block, int parent)
{
    int s = block / 2;
    if (now.m_parent[block])
        return now.m_parent[block] == parent;
    if (block % 2 && !now.m_parent[block - 1])
        return 0;
    if (parent == M_GENESIS)
        return m_place(s) == 0;
    return now.m_parent[parent - 2] &&
           (m_place(s) ? (parent - 2) / 2 == s - 1 : (parent - 2) / 2 < s);
}

static int m_notarize(int i, int block, int parent)
{
    int before = now.m_parent[block];
    if (!m_may_be(block, parent))
        return 0;
    now.m_parent[block] = parent;
    if (m_may_notarize(i, block)) {
        now.m_vote[i * SLOTS + block / 2] = block % 2 + 1;
        return 1;
    }
    now.m_parent[block] = before;
    return 0;
}

static void m_nullify(int i)
{
    int u = now.m_current[i];
    if (m_may_nullify(i))
        now.m_low[i * ((SLOTS + PLACES - 1) / PLACES) + m_window(u)] =
            m_place(u) + 1;
}

static void m_finalize(int i, int block)
{
    if (m_may_finalize(i, block))
        now.m_final[i * SLOTS + block / 2] = block % 2 + 1;
}

/* R6: who has learnt enough moves on. */
static void m_advance(int i, int is_certified)
{
    int s = now.m_current[i];
    if (s >= SLOTS)
        return;
    if (is_certified && m_certified_slot(s))
        now.m_current[i] = s + 1;
    else if (!is_certified && m_covered(s))
        now.m_current[i] = (m_window(s) + 1) * PLACES;
    if (now.m_current[i] > SLOTS)
        now.m_current[i] = SLOTS;
}
}

c_code {
/* Validators of one stake can change places without a difference, so of all
 * such states one is looked at: the one where they are in order. */
static int m_compare(int a, int b)
{
    int windows = (SLOTS + PLACES - 1) / PLACES;
    int order = memcmp(&now.m_vote[a * SLOTS], &now.m_vote[b * SLOTS], SLOTS);
    if (!order)
        order =
            memcmp(&now.m_final[a * SLOTS], &now.m_final[b * SLOTS], SLOTS);
    if (!order)
        order = memcmp(&now.m_low[a * windows], &now.m_low[b * windows],
                       windows);
    return order ? order : now.m_current[a] - now.m_current[b];
}

static void m_swap(unsigned char *a, unsigned char *b, int size)
{
    for (int i = 0; i < size; i++) {
        unsigned char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void m_order(void)
{
    int windows = (SLOTS + PLACES - 1) / PLACES;
    for (int i = 1; i < HONEST; i++)
        for (int j = i; j > 0 && m_stake[j] == m_stake[j - 1] &&
                        m_compare(j - 1, j) > 0;
             j--) {
            m_swap(&now.m_vote[(j - 1) * SLOTS], &now.m_vote[j * SLOTS], SLOTS);
            m_swap(&now.m_final[(j - 1) * SLOTS], &now.m_final[j * SLOTS],
                   SLOTS);
            m_swap(&now.m_low[(j - 1) * windows], &now.m_low[j * windows],
                   windows);
            m_swap(&now.m_current[j - 1], &now.m_current[j], 1);
        }
}
}

c_code {
/* What there is to do, numbered: each validator notarizes a block on a parent,
 * finalizes one, gives its slot up, or moves on. */
#define M_NOTARIZE (M_BLOCKS * (M_BLOCKS + 1))
#define M_EACH (M_NOTARIZE + M_BLOCKS + 3)
#define M_ACTIONS (HONEST * M_EACH)

/* What may not be done changes nothing. */
static void m_act(int action)
{
    int i = action / M_EACH;
    int what = action % M_EACH;
    if (what < M_NOTARIZE)
        m_notarize(i, what / (M_BLOCKS + 1), M_GENESIS + what % (M_BLOCKS + 1));
    else if (what < M_NOTARIZE + M_BLOCKS)
        m_finalize(i, what - M_NOTARIZE);
    else if (what == M_EACH - 1)
        m_nullify(i);
    else
        m_advance(i, what == M_EACH - 2);
}

/* The first action from that one on that changes something; the count: none
 * does. What changes nothing leads nowhere, and most of them do not. */
static int m_next(int action)
{
    State before;
    size_t size = (size_t)(now.sv - (unsigned char *)&now);
    memcpy(&before, &now, size);
    for (; action < M_ACTIONS; action++) {
        m_act(action);
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
end:
    do
    :: atomic {
        c_expr { (m_next(0) < M_ACTIONS) };
        c_code { now.m_a = m_next(0); }
        do
        :: break
        :: c_expr { (m_next(now.m_a + 1) < M_ACTIONS) };
           c_code { now.m_a = m_next(now.m_a + 1); }
        od;
        c_code { m_act(now.m_a); m_order(); now.m_a = 0; }
        assert(c_expr { (m_holds()) })
    }
    od
}
