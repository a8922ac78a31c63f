/*
 * Errors.
 *
 * A function that can fail returns int: 0, or one of the negative codes below.
 * The first to know says what happened, in words for the person who will read
 * it:
 *
 *     return err_set(ERR_RANGE, "round %" PRIu64 " is closed", round);
 *
 * The text travels beside the code in a thread-local; callers add context with
 * err_add() or pass the code on; the edge (CLI, RPC, page) prints err_text()
 * once. A mistake of the program itself is no error: it is a CHECK (check.h).
 *
 * Thread: any; each thread has its own text.
 */
#ifndef POND_BASE_ERROR_H
#define POND_BASE_ERROR_H

enum err_code {
    ERR_INVALID = -1,      /* input that does not have the form it must have */
    ERR_RANGE = -2,        /* well formed, but outside what is allowed */
    ERR_NOT_FOUND = -3,    /* the thing named does not exist */
    ERR_EXISTS = -4,       /* it exists already */
    ERR_LIMIT = -5,        /* a limit of size, number, depth or rate */
    ERR_FULL = -6,         /* no room left in a store, queue or budget */
    ERR_IO = -7,           /* the operating system failed a read or write */
    ERR_CORRUPT = -8,      /* stored bytes are not what was written */
    ERR_DENIED = -9,       /* not permitted to the caller */
    ERR_TIMEOUT = -10,     /* took longer than its time limit */
    ERR_BUSY = -11,        /* in use by another; try again later */
    ERR_CLOSED = -12,      /* the other end is gone, or this end was closed */
    ERR_NETWORK = -13,     /* no connection, or it broke */
    ERR_REMOTE = -14,      /* the other side answered with an error */
    ERR_UNSUPPORTED = -15, /* this build, machine or version can't */
    ERR_STATE = -16,       /* not possible in the present state */
    ERR_CANCELLED = -17,   /* given up on request */
    ERR_LOCKED = -18,      /* another process owns the folder */
};

/* Longest text kept, in bytes with the final NUL; longer ones are cut. */
#define ERR_TEXT_SIZE 1024

/* Record what happened. Returns code, so that it can be returned at once. */
int err_set(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "context: " before the text already recorded. Returns code. */
int err_add(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As err_set(ERR_IO, ...), followed by ": " and the words for errno. */
int err_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Which of the causes of a code it is, where somebody acts on it: texts are for
 * people, and may change. */
enum err_reason {
    ERR_REASON_NONE,
    ERR_REASON_BLOCK, /* ERR_NOT_FOUND: a block that is not in the store */
    /* ERR_NETWORK: */
    ERR_REASON_NO_HOST, /* the name has no address */
    ERR_REASON_REFUSED, /* nobody listens there */
    ERR_REASON_SILENT,  /* no answer came in the system's time */
};

/* Give the error recorded a reason; err_add() keeps the reason, and err_set()
 * takes it away. Returns code. */
int err_give_reason(int code, enum err_reason reason);
enum err_reason err_reason(void);

/* What the last failing call on this thread said; "" if nothing did. Valid
 * until the next err_* call on this thread. */
const char *err_text(void);

/* A code's name in lower case ("not found"); "error" for an unknown one. */
const char *err_name(int code);

/* Forget the text. */
void err_clear(void);

#ifdef __clang_analyzer__
/* The analyzer sees one source at a time and would follow paths on which an
 * error is 0. This tells the analyzer that the code is negative. */
static inline int err_same(int code)
{
    return code;
}
#define err_set(code, ...) err_same((err_set(code, __VA_ARGS__), (code)))
#define err_add(code, ...) err_same((err_add(code, __VA_ARGS__), (code)))
#define err_errno(...) err_same((err_errno(__VA_ARGS__), ERR_IO))
#endif

#endif
