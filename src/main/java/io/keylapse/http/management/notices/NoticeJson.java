package io.keylapse.http.management.notices;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.Notice;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliverySummaries.Summary;
import io.keylapse.notice.mail.MailTemplates;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The notice object of the API, with its deliveries. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record NoticeJson(
        String id,
        String type,
        String keyId,
        int version,
        String owner,
        String name,
        String hint,
        @Nullable String expiresAt,
        @Nullable String leadTime,
        @Nullable String successorId,
        @Nullable String detail,
        @Nullable String language,
        @Nullable String mailLanguage,
        String dueAt,
        String writtenAt,
        ToldJson told,
        List<DeliveryJson> deliveries) {
    /** A notice. Its mail is written in the language that the templates have for it, which need not be the owner's. */
    static NoticeJson of(Notice notice, List<Delivery> deliveries, ShownUrl urls, MailTemplates templates) {
        boolean isMailed = deliveries.stream().anyMatch(each -> each.channel() == Delivery.Channel.EMAIL);
        return new NoticeJson(
                notice.id().toString(),
                notice.kind().type(),
                notice.keyId().toString(),
                notice.version(),
                notice.owner(),
                notice.name(),
                notice.hint(),
                Rfc3339.formatNullable(notice.expiresAt()),
                notice.leadTime() == null ? null : IsoDuration.format(notice.leadTime()),
                notice.successorId() == null ? null : notice.successorId().toString(),
                notice.detail(),
                notice.language(),
                isMailed ? templates.language(notice.kind(), notice.language()) : null,
                Rfc3339.format(notice.dueAt()),
                Rfc3339.format(notice.writtenAt()),
                ToldJson.of(Summary.of(notice.id(), deliveries)),
                deliveries.stream()
                        .map(delivery -> DeliveryJson.of(delivery, urls))
                        .toList());
    }
}
