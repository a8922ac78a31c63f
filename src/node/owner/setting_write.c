#include "node/owner/setting_write.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

struct setting {
    enum journal_setting kind;
    char *name;
    uint8_t *value; /* NULL: remove */
    size_t size;
    setting_written *done;
    void *user;
};

static int write_setting(struct journal *journal, void *user)
{
    const struct setting *setting = user;

    if (!setting->value)
        return journal_setting_remove(journal, setting->kind, setting->name);
    return journal_setting_put(journal, setting->kind, setting->name,
                               bytes_make(setting->value, setting->size));
}

static void on_written(void *user, int status)
{
    struct setting *setting = user;

    setting->done(setting->user, status);
    free(setting->name);
    free(setting->value);
    free(setting);
}

void setting_write(struct journal_writer *writer, enum journal_setting kind,
                   const char *name, struct bytes value, setting_written *done,
                   void *user)
{
    struct setting *setting = mem_zero(1, sizeof(*setting));

    CHECK(done);
    setting->kind = kind;
    setting->name = mem_text(name);
    if (value.data)
        setting->value = mem_copy(value.data, value.size);
    setting->size = value.size;
    setting->done = done;
    setting->user = user;
    journal_writer_run(writer, write_setting, on_written, setting);
}
