#include "node/owner/variable_form.h"

#include "base/error.h"
#include "node/owner/variable_book.h"

#include <ctype.h>
#include <string.h>

int variable_form_label(const char *label)
{
    size_t size = strlen(label);

    if (!size || size > VARIABLE_LABEL_SIZE_MAX)
        return err_set(ERR_INVALID, "a label has 1 to %d bytes",
                       VARIABLE_LABEL_SIZE_MAX);
    for (size_t i = 0; i < size; i++)
        if (iscntrl((unsigned char)label[i]))
            return err_set(ERR_INVALID,
                           "a label has no control characters in it");
    return bytes_is_utf8(bytes_text(label))
               ? 0
               : err_set(ERR_INVALID, "the label is not UTF-8");
}

/* POSIX's names of environment variables, small letters as well. */
int variable_form_name(const char *name)
{
    size_t size = strlen(name);

    if (!size || size > VARIABLE_NAME_SIZE_MAX ||
        isdigit((unsigned char)name[0]))
        goto err0;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            goto err0;
    return 0;

err0:
    return err_set(ERR_INVALID,
                   "a task's variable has a name of up to %d letters, digits "
                   "and _, and no digit in front",
                   VARIABLE_NAME_SIZE_MAX);
}

int variable_form_value(struct bytes value)
{
    if (value.size > VARIABLE_VALUE_SIZE_MAX)
        return err_set(ERR_LIMIT, "a value has at most %u bytes, not %zu",
                       VARIABLE_VALUE_SIZE_MAX, value.size);
    if (value.size &&
        (!bytes_is_utf8(value) || memchr(value.data, 0, value.size)))
        return err_set(ERR_INVALID, "a value is a text in UTF-8 without a NUL");
    return 0;
}
