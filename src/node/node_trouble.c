#include "node/node_trouble.h"

#include "base/clock.h"
#include "node/node_internal.h"

#include <stdlib.h>

void node_trouble(struct node *node, enum notice_kind kind, const char *task,
                  bool is_there, char *text, char *facts)
{
    struct notice_book *book = node->parts.notices;

    if (is_there)
        notice_book_raise(book, clock_unix_ms(), kind, task, text, facts);
    else
        notice_book_end(book, kind, task);
    free(facts);
    free(text);
}
