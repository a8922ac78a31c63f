#include "node/task/task_notices.h"

#include "base/clock.h"
#include "base/memory.h"
#include "node/owner/notice_book.h"

#include <inttypes.h>
#include <stdlib.h>

static void tell(struct task_runner *runner, enum notice_kind kind)
{
    uint64_t count = runner->missed_in_row;
    char *text =
        mem_format("%s sent no proof in %" PRIu64 " round%s, although it ran.",
                   runner->view.name, count, count == 1 ? "" : "s");
    char *facts = mem_format("{\"n\":%" PRIu64 "}", count);

    notice_book_raise(runner->parts->notices, clock_unix_ms(), kind,
                      runner->task_text, text, facts);
    free(facts);
    free(text);
}

void task_notices_proof(struct task_runner *runner, uint64_t round,
                        bool was_sent)
{
    struct notice_book *book = runner->parts->notices;

    if (!book || round < runner->missed_next)
        return;
    runner->missed_next = round + 1;
    runner->missed_in_row = was_sent ? 0 : runner->missed_in_row + 1;
    bool is_many = runner->missed_in_row >= TASK_NOTICES_MISSED_MANY;

    /* One of the two is enough. */
    if (was_sent || is_many)
        notice_book_end(book, NOTICE_PROOF_MISSED, runner->task_text);
    if (was_sent)
        notice_book_end(book, NOTICE_PROOFS_MISSED, runner->task_text);
    else
        tell(runner, is_many ? NOTICE_PROOFS_MISSED : NOTICE_PROOF_MISSED);
}
