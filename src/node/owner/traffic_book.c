#include "node/owner/traffic_book.h"

#include "base/error.h"

#include <stdio.h>

/* A day's number without its day. */
#define MONTH(day) ((day) / 100)

void traffic_book_look(struct traffic_book *book, uint32_t day,
                       const char *interface, uint64_t counter)
{
    bool is_known = !strcmp(book->interface, interface);
    uint64_t grown = is_known && counter >= book->counter
                         ? counter - book->counter
                     : is_known ? counter
                                : 0;
    bool same_day = book->day == day;
    bool same_month = MONTH(book->day) == MONTH(day);

    if (!same_day)
        book->day_bytes = 0;
    if (!same_month)
        book->month_bytes = 0;
    book->day = day;
    if (!interface[0])
        return;
    book->day_bytes += same_day ? grown : 0;
    book->month_bytes += same_month ? grown : 0;
    book->counter = counter;
    snprintf(book->interface, sizeof(book->interface), "%s", interface);
}

void traffic_book_write(const struct traffic_book *book,
                        struct json_writer *writer)
{
    json_open_object(writer);
    json_field_u64(writer, "day", book->day);
    json_field_u64(writer, "day_bytes", book->day_bytes);
    json_field_u64(writer, "month_bytes", book->month_bytes);
    json_field_text(writer, "interface", book->interface);
    json_field_u64(writer, "counter", book->counter);
    json_close_object(writer);
}

int traffic_book_read(struct json_object *object, struct traffic_book *out)
{
    struct traffic_book book = {0};
    const char *interface;
    uint64_t day;

    if (!json_object_is_type(object, json_type_object))
        return err_set(ERR_INVALID, "a book of traffic is an object");
    if (json_get_u64(object, "day", &day) < 0 ||
        json_get_u64(object, "day_bytes", &book.day_bytes) < 0 ||
        json_get_u64(object, "month_bytes", &book.month_bytes) < 0 ||
        json_get_u64(object, "counter", &book.counter) < 0 ||
        json_get_text(object, "interface", &interface) < 0)
        return ERR_INVALID;
    if (day > UINT32_MAX || strlen(interface) >= sizeof(book.interface))
        return err_set(ERR_INVALID, "no book of traffic has such values");
    book.day = (uint32_t)day;
    snprintf(book.interface, sizeof(book.interface), "%s", interface);
    *out = book;
    return 0;
}
