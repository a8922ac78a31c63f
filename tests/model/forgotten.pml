/*
 * Validators that forget what they voted (docs/consensus.md, "Forgotten
 * votes"), for Spin: who votes again does so in no window of before.
 *
 * Of a vote only its window matters. The first validator hears answers one after
 * the other; the others, who forget as well, hear theirs all at once. Who is in a window may leave it when a
 * quorum has voted there. Any validator may forget at any time, any number of
 * them together, or be restarted and have lost the proofs of the windows that
 * it had come to. Traitors are not explicit: they have voted wherever it helps,
 * and have answered that they are in the first window.
 *
 * The size is set by macros (check.py): HONEST validators of stake 1, TRAITOR
 * stake besides, WINDOWS. Each WITHOUT_... leaves out one condition, and must
 * give a second vote.
 */

byte f_at[HONEST];       /* the window that it is in */
byte f_record[HONEST];   /* its record's window */
byte f_first[HONEST];    /* the first window that its record knows */
bool f_forgot[HONEST];
byte f_voted[HONEST];    /* windows in which it voted, ever: bits */
byte f_mine[HONEST];     /* those that its record has */
byte f_answer[HONEST];   /* to the first: 0, or 1 + the window told */
bool f_again;            /* somebody voted twice */
byte f_a;

c_code {
static int f_is_quorum(int stake)
{
    return 3 * (stake + TRAITOR) > 2 * (HONEST + TRAITOR);
}

/* R4 and R5 may vote below the record's window, where the record knows what was
 * voted. */
static void f_vote(int i)
{
    int bit = 1 << now.f_at[i];
    if (now.f_forgot[i] || now.f_at[i] >= WINDOWS ||
        now.f_at[i] < now.f_first[i] || now.f_mine[i] & bit)
        return;
    if (now.f_voted[i] & bit)
        now.f_again = 1;
    now.f_voted[i] |= bit;
    now.f_mine[i] |= bit;
}

static void f_advance(int i)
{
    int stake = 0;
    if (now.f_at[i] >= WINDOWS)
        return;
    for (int j = 0; j < HONEST; j++)
        stake += now.f_voted[j] >> now.f_at[i] & 1;
    if (!f_is_quorum(stake))
        return;
    now.f_at[i]++;
    if (!now.f_forgot[i] && now.f_at[i] > now.f_record[i])
        now.f_record[i] = now.f_at[i];
}

static void f_drop_answers(int i)
{
    for (int j = 0; j < HONEST && !i; j++)
        now.f_answer[j] = 0;
}

/* From the first window on it may come to any later one again. */
static void f_restart(int i)
{
    now.f_at[i] = 0;
    f_drop_answers(i);
}

static void f_forget(int i)
{
    now.f_at[i] = 0;
    now.f_forgot[i] = 1;
    now.f_record[i] = 0;
    now.f_first[i] = 0;
    now.f_mine[i] = 0;
#ifndef WITHOUT_ANEW
    f_drop_answers(i);
#endif
}

/* What the status of j is worth as an answer: 0, or 1 + its window. */
static int f_status(int j)
{
#ifndef WITHOUT_FORGOT
    if (now.f_forgot[j])
        return 0;
#endif
#ifndef WITHOUT_BELOW
    if (now.f_at[j] < now.f_record[j])
        return 0;
#endif
    return now.f_at[j] + 1;
}

static void f_tell(int j)
{
    int status = f_status(j);
#ifndef WITHOUT_ANEW
    if (!now.f_forgot[0])
        return;
#endif
    if (j && status && (!now.f_answer[j] || status < now.f_answer[j]))
        now.f_answer[j] = status;
}

static void f_recall(int i)
{
    int stake = 0;
    if (!now.f_forgot[i])
        return;
    for (int j = 0; j < HONEST; j++) {
        int answer = i == j ? 0 : i ? f_status(j) : now.f_answer[j];
#ifndef WITHOUT_PROOF
        if (answer > now.f_at[i] + 1)
            continue;
#endif
        stake += answer != 0;
    }
#ifdef WITHOUT_QUORUM
    if (!stake)
        return;
#else
    if (!f_is_quorum(stake))
        return;
#endif
    now.f_forgot[i] = 0;
#ifdef WITHOUT_NEXT
    now.f_first[i] = now.f_at[i] + 1;
#else
    now.f_first[i] = now.f_at[i] + 2;
#endif
    now.f_record[i] = now.f_first[i];
    f_drop_answers(i);
}
}

c_code {
/* All but the first can change places without a difference, so of all such states one
 * is looked at: the one where they are in order. */
static long f_rank(int i)
{
    return ((((((long)now.f_at[i] * 16 + now.f_record[i]) * 16 +
              now.f_first[i]) * 2 + now.f_forgot[i]) * 256 +
            now.f_voted[i]) * 256 + now.f_mine[i]) * 16 + now.f_answer[i];
}

static void f_change(unsigned char *a, unsigned char *b)
{
    unsigned char kept = *a;
    *a = *b;
    *b = kept;
}

static void f_swap(int i, int j)
{
    f_change(&now.f_at[i], &now.f_at[j]);
    f_change(&now.f_record[i], &now.f_record[j]);
    f_change(&now.f_first[i], &now.f_first[j]);
    f_change((unsigned char *)&now.f_forgot[i],
             (unsigned char *)&now.f_forgot[j]);
    f_change(&now.f_voted[i], &now.f_voted[j]);
    f_change(&now.f_mine[i], &now.f_mine[j]);
    f_change(&now.f_answer[i], &now.f_answer[j]);
}

static void f_order(void)
{
    for (int i = 2; i < HONEST; i++)
        for (int j = i; j > 1 && f_rank(j - 1) > f_rank(j); j--)
            f_swap(j - 1, j);
}
}

c_code {
#define F_EACH 6
#define F_ACTIONS (HONEST * F_EACH)

static void f_act(int action)
{
    static void (*const acts[F_EACH])(int) = {f_vote,   f_advance, f_restart,
                                              f_forget, f_tell,    f_recall};
    acts[action % F_EACH](action / F_EACH);
}

/* The first action from that one on that changes something; the count: none
 * does. What changes nothing leads nowhere, and most of them do not. */
static int f_next(int action)
{
    State before;
    size_t size = (size_t)(now.sv - (unsigned char *)&now);
    memcpy(&before, &now, size);
    for (; action < F_ACTIONS; action++) {
        f_act(action);
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
        c_expr { (f_next(0) < F_ACTIONS) };
        c_code { now.f_a = f_next(0); }
        do
        :: break
        :: c_expr { (f_next(now.f_a + 1) < F_ACTIONS) };
           c_code { now.f_a = f_next(now.f_a + 1); }
        od;
        c_code { f_act(now.f_a); f_order(); now.f_a = 0; }
        assert(!f_again)
    }
    od
}
