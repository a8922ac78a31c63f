/*
 * The text is in memory of sodium_malloc(): locked where the limit allows, left
 * out of core dumps, between pages that can't be touched. It is read there
 * directly, and stdio never sees it.
 */
#include "crypto/passphrase.h"

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/secret_input.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A line end of two bytes, the byte that shows that it is too long, and NUL. */
#define ROOM (PASSPHRASE_SIZE_MAX + 4)

#define CREDENTIAL "pond-passphrase"

char *passphrase_credential(void)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char *path;

    if (!folder || *folder != '/')
        return NULL;
    path = mem_format("%s/" CREDENTIAL, folder);
    if (file_exists(path))
        return path;
    free(path);
    return NULL;
}

static char *make_room(void)
{
    char *room = sodium_malloc(ROOM);

    if (!room) {
        fprintf(stderr, "pond: out of memory\n");
        abort();
    }
    memset(room, 0, ROOM);
    return room;
}

/* systemd's credentials and many a key of a service are root's, and open to the
 * group of the service. */
static int check_mode(int file, const char *path)
{
    struct stat found;

    if (fstat(file, &found))
        return err_errno("%s", path);
    mode_t others = found.st_uid == 0 ? 0037 : 0077;
    if (S_ISREG(found.st_mode) && (found.st_mode & others))
        return err_set(ERR_DENIED,
                       "%s is open to other users (mode %03o); make it yours "
                       "alone: chmod 600 %s",
                       path, (unsigned)found.st_mode & 0777, path);
    return 0;
}

static int read_file(const char *path, char *out)
{
    size_t used = 0;
    ssize_t got = 1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (file < 0)
        return errno == ENOENT ? err_set(ERR_NOT_FOUND,
                                         "there is no passphrase file %s", path)
                               : err_errno("%s", path);
    int status = check_mode(file, path);
    while (!status && got && used < ROOM - 1) {
        got = read(file, out + used, ROOM - 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (got < 0 && errno != EINTR)
            status = err_errno("reading %s", path);
    }
    close(file);
    /* What follows it would not count. */
    if (!status && memchr(out, 0, used))
        status = err_set(ERR_INVALID,
                         "%s has a zero byte in it: is it UTF-16 text? Save it "
                         "as UTF-8",
                         path);
    return status;
}

/* The length without the line end. */
static int measure(char *text, const char *where, size_t *out)
{
    size_t size = strlen(text);

    if (size && text[size - 1] == '\n')
        size--;
    if (size && text[size - 1] == '\r')
        size--;
    text[size] = 0;
    *out = size;
    if (size > PASSPHRASE_SIZE_MAX)
        return err_set(ERR_LIMIT, "%s: a passphrase has at most %d bytes",
                       where, PASSPHRASE_SIZE_MAX);
    return 0;
}

/* Moves text in. */
static int keep(struct passphrase *passphrase, char *text, const char *where,
                int status)
{
    size_t size = 0;

    if (!status)
        status = measure(text, where, &size);
    if (status) {
        sodium_free(text);
        return status;
    }
    passphrase->text = text;
    passphrase->size = size;
    return 0;
}

static void copy(const struct passphrase *from, struct passphrase *to)
{
    to->text = make_room();
    to->size = from->size;
    memcpy(to->text, from->text, from->size + 1);
}

static int from_input(struct passphrase *passphrase)
{
    struct passphrase *said = passphrase->source.said;

    if (said && said->text) {
        copy(said, passphrase);
        return 0;
    }
    char *text = make_room();
    int status = keep(passphrase, text, "standard input",
                      secret_input_read("passphrase", false, text, ROOM));
    if (!status && said)
        copy(passphrase, said);
    return status;
}

static int from_file(struct passphrase *passphrase)
{
    const char *path = passphrase->source.file;
    bool is_stdin = !strcmp(path, "-");
    int status;

    if (is_stdin) {
        status = from_input(passphrase);
    } else {
        char *text = make_room();

        status = keep(passphrase, text, path, read_file(path, text));
    }
    if (!status && !passphrase->size) {
        passphrase_wipe(passphrase);
        status = err_set(ERR_INVALID, "%s: the passphrase is empty",
                         is_stdin ? "standard input" : path);
    }
    return status;
}

static int ask(struct passphrase *passphrase, const char *prompt)
{
    char *text = make_room();
    int status = secret_input_read(prompt, false, text, ROOM);

    return keep(passphrase, text, "the terminal", status);
}

static bool can_ask(const struct passphrase *passphrase)
{
    return passphrase->source.may_ask && secret_input_is_terminal();
}

static struct seal *seal_of(struct passphrase *passphrase)
{
    passphrase->seal.passphrase =
        bytes_make(passphrase->text, passphrase->size);
    return &passphrase->seal;
}

int passphrase_get(struct passphrase *passphrase, const char *what,
                   struct seal **out)
{
    int status = 0;

    CHECK(passphrase && what && out);
    if (!passphrase->text && passphrase->source.file) {
        status = from_file(passphrase);
    } else if (!passphrase->text && can_ask(passphrase)) {
        char *prompt = mem_format("passphrase of %s", what);
        status = ask(passphrase, prompt);
        free(prompt);
    } else if (!passphrase->text) {
        status = err_set(ERR_DENIED,
                         "%s is sealed under a passphrase; name a file with it "
                         "by --passphrase-file FILE",
                         what);
    }
    if (!status)
        *out = seal_of(passphrase);
    return status;
}

/* The first one is kept only if it was typed the same again. */
static int ask_twice(struct passphrase *passphrase, const char *what)
{
    struct passphrase again = {.source = passphrase->source};
    char *prompt = mem_format("new passphrase of %s (empty: none)", what);
    int status = ask(passphrase, prompt);

    free(prompt);
    if (status || !passphrase->size)
        return status;
    status = ask(&again, "the same again");
    if (!status && (again.size != passphrase->size ||
                    sodium_memcmp(again.text, passphrase->text, again.size)))
        status = err_set(ERR_INVALID, "the two passphrases differ");
    passphrase_wipe(&again);
    if (status)
        passphrase_wipe(passphrase);
    return status;
}

int passphrase_get_new(struct passphrase *passphrase, const char *what,
                       struct seal **out)
{
    int status = 0;

    CHECK(passphrase && what && out);
    if (!passphrase->text && passphrase->source.file)
        status = from_file(passphrase);
    else if (!passphrase->text && can_ask(passphrase))
        status = ask_twice(passphrase, what);
    if (!status)
        *out = seal_of(passphrase);
    return status;
}

/* sodium_free() overwrites it. */
void passphrase_wipe(struct passphrase *passphrase)
{
    seal_wipe(&passphrase->seal);
    passphrase->seal.passphrase = bytes_make(NULL, 0);
    if (passphrase->text)
        sodium_free(passphrase->text);
    passphrase->text = NULL;
    passphrase->size = 0;
}
