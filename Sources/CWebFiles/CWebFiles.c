#include "CWebFiles.h"

// #embed (C23 §6.10.4) makes the compiler read the files, so that an edit is built in like any other. A
// test compares this list with the folder.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define HTML "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define PICTURE "image/svg+xml"

static const unsigned char app_js[] = {
#embed "../../Web/app.js"
};
static const unsigned char icon_svg[] = {
#embed "../../Web/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../../Web/index.html"
};
static const unsigned char meeting_call_js[] = {
#embed "../../Web/meeting/call.js"
};
static const unsigned char meeting_devices_js[] = {
#embed "../../Web/meeting/devices.js"
};
static const unsigned char meeting_hosting_js[] = {
#embed "../../Web/meeting/hosting.js"
};
static const unsigned char meeting_media_js[] = {
#embed "../../Web/meeting/media.js"
};
static const unsigned char meeting_participant_js[] = {
#embed "../../Web/meeting/participant.js"
};
static const unsigned char meeting_peers_js[] = {
#embed "../../Web/meeting/peers.js"
};
static const unsigned char meeting_roster_news_js[] = {
#embed "../../Web/meeting/roster-news.js"
};
static const unsigned char meeting_sources_js[] = {
#embed "../../Web/meeting/sources.js"
};
static const unsigned char meeting_wishes_js[] = {
#embed "../../Web/meeting/wishes.js"
};
static const unsigned char model_place_js[] = {
#embed "../../Web/model/place.js"
};
static const unsigned char model_timeline_js[] = {
#embed "../../Web/model/timeline.js"
};
static const unsigned char protocol_backoff_js[] = {
#embed "../../Web/protocol/backoff.js"
};
static const unsigned char protocol_client_js[] = {
#embed "../../Web/protocol/client.js"
};
static const unsigned char protocol_connection_js[] = {
#embed "../../Web/protocol/connection.js"
};
static const unsigned char protocol_cursors_js[] = {
#embed "../../Web/protocol/cursors.js"
};
static const unsigned char protocol_errors_js[] = {
#embed "../../Web/protocol/errors.js"
};
static const unsigned char protocol_events_js[] = {
#embed "../../Web/protocol/events.js"
};
static const unsigned char protocol_invitation_js[] = {
#embed "../../Web/protocol/invitation.js"
};
static const unsigned char protocol_outbox_js[] = {
#embed "../../Web/protocol/outbox.js"
};
static const unsigned char protocol_values_js[] = {
#embed "../../Web/protocol/values.js"
};
static const unsigned char style_base_css[] = {
#embed "../../Web/style/base.css"
};
static const unsigned char style_layout_css[] = {
#embed "../../Web/style/layout.css"
};
static const unsigned char style_meeting_css[] = {
#embed "../../Web/style/meeting.css"
};
static const unsigned char style_timeline_css[] = {
#embed "../../Web/style/timeline.css"
};
static const unsigned char text_emoji_js[] = {
#embed "../../Web/text/emoji.js"
};
static const unsigned char text_markup_js[] = {
#embed "../../Web/text/markup.js"
};
static const unsigned char text_times_js[] = {
#embed "../../Web/text/times.js"
};
static const unsigned char ui_before_meeting_js[] = {
#embed "../../Web/ui/before-meeting.js"
};
static const unsigned char ui_call_bar_js[] = {
#embed "../../Web/ui/call-bar.js"
};
static const unsigned char ui_call_button_js[] = {
#embed "../../Web/ui/call-button.js"
};
static const unsigned char ui_call_devices_js[] = {
#embed "../../Web/ui/call-devices.js"
};
static const unsigned char ui_choose_devices_js[] = {
#embed "../../Web/ui/choose-devices.js"
};
static const unsigned char ui_composer_js[] = {
#embed "../../Web/ui/composer.js"
};
static const unsigned char ui_conversation_js[] = {
#embed "../../Web/ui/conversation.js"
};
static const unsigned char ui_copyable_js[] = {
#embed "../../Web/ui/copyable.js"
};
static const unsigned char ui_dialog_js[] = {
#embed "../../Web/ui/dialog.js"
};
static const unsigned char ui_dom_js[] = {
#embed "../../Web/ui/dom.js"
};
static const unsigned char ui_kept_meeting_js[] = {
#embed "../../Web/ui/kept-meeting.js"
};
static const unsigned char ui_meeting_people_js[] = {
#embed "../../Web/ui/meeting-people.js"
};
static const unsigned char ui_meeting_sound_js[] = {
#embed "../../Web/ui/meeting-sound.js"
};
static const unsigned char ui_meeting_js[] = {
#embed "../../Web/ui/meeting.js"
};
static const unsigned char ui_message_js[] = {
#embed "../../Web/ui/message.js"
};
static const unsigned char ui_notices_js[] = {
#embed "../../Web/ui/notices.js"
};
static const unsigned char ui_owner_js[] = {
#embed "../../Web/ui/owner.js"
};
static const unsigned char ui_panels_js[] = {
#embed "../../Web/ui/panels.js"
};
static const unsigned char ui_picker_js[] = {
#embed "../../Web/ui/picker.js"
};
static const unsigned char ui_preferences_js[] = {
#embed "../../Web/ui/preferences.js"
};
static const unsigned char ui_preview_js[] = {
#embed "../../Web/ui/preview.js"
};
static const unsigned char ui_settings_js[] = {
#embed "../../Web/ui/settings.js"
};
static const unsigned char ui_shell_js[] = {
#embed "../../Web/ui/shell.js"
};
static const unsigned char ui_sidebar_js[] = {
#embed "../../Web/ui/sidebar.js"
};
static const unsigned char ui_tiles_js[] = {
#embed "../../Web/ui/tiles.js"
};
static const unsigned char ui_timeline_js[] = {
#embed "../../Web/ui/timeline.js"
};
static const unsigned char ui_wake_lock_js[] = {
#embed "../../Web/ui/wake-lock.js"
};
static const unsigned char ui_welcome_js[] = {
#embed "../../Web/ui/welcome.js"
};

#define ENTRY(path, type, file) {path, type, file, sizeof file}

static const struct confab_web_file files[] = {
    ENTRY("app.js", SCRIPT, app_js),
    ENTRY("icon.svg", PICTURE, icon_svg),
    ENTRY("index.html", HTML, index_html),
    ENTRY("meeting/call.js", SCRIPT, meeting_call_js),
    ENTRY("meeting/devices.js", SCRIPT, meeting_devices_js),
    ENTRY("meeting/hosting.js", SCRIPT, meeting_hosting_js),
    ENTRY("meeting/media.js", SCRIPT, meeting_media_js),
    ENTRY("meeting/participant.js", SCRIPT, meeting_participant_js),
    ENTRY("meeting/peers.js", SCRIPT, meeting_peers_js),
    ENTRY("meeting/roster-news.js", SCRIPT, meeting_roster_news_js),
    ENTRY("meeting/sources.js", SCRIPT, meeting_sources_js),
    ENTRY("meeting/wishes.js", SCRIPT, meeting_wishes_js),
    ENTRY("model/place.js", SCRIPT, model_place_js),
    ENTRY("model/timeline.js", SCRIPT, model_timeline_js),
    ENTRY("protocol/backoff.js", SCRIPT, protocol_backoff_js),
    ENTRY("protocol/client.js", SCRIPT, protocol_client_js),
    ENTRY("protocol/connection.js", SCRIPT, protocol_connection_js),
    ENTRY("protocol/cursors.js", SCRIPT, protocol_cursors_js),
    ENTRY("protocol/errors.js", SCRIPT, protocol_errors_js),
    ENTRY("protocol/events.js", SCRIPT, protocol_events_js),
    ENTRY("protocol/invitation.js", SCRIPT, protocol_invitation_js),
    ENTRY("protocol/outbox.js", SCRIPT, protocol_outbox_js),
    ENTRY("protocol/values.js", SCRIPT, protocol_values_js),
    ENTRY("style/base.css", STYLE, style_base_css),
    ENTRY("style/layout.css", STYLE, style_layout_css),
    ENTRY("style/meeting.css", STYLE, style_meeting_css),
    ENTRY("style/timeline.css", STYLE, style_timeline_css),
    ENTRY("text/emoji.js", SCRIPT, text_emoji_js),
    ENTRY("text/markup.js", SCRIPT, text_markup_js),
    ENTRY("text/times.js", SCRIPT, text_times_js),
    ENTRY("ui/before-meeting.js", SCRIPT, ui_before_meeting_js),
    ENTRY("ui/call-bar.js", SCRIPT, ui_call_bar_js),
    ENTRY("ui/call-button.js", SCRIPT, ui_call_button_js),
    ENTRY("ui/call-devices.js", SCRIPT, ui_call_devices_js),
    ENTRY("ui/choose-devices.js", SCRIPT, ui_choose_devices_js),
    ENTRY("ui/composer.js", SCRIPT, ui_composer_js),
    ENTRY("ui/conversation.js", SCRIPT, ui_conversation_js),
    ENTRY("ui/copyable.js", SCRIPT, ui_copyable_js),
    ENTRY("ui/dialog.js", SCRIPT, ui_dialog_js),
    ENTRY("ui/dom.js", SCRIPT, ui_dom_js),
    ENTRY("ui/kept-meeting.js", SCRIPT, ui_kept_meeting_js),
    ENTRY("ui/meeting-people.js", SCRIPT, ui_meeting_people_js),
    ENTRY("ui/meeting-sound.js", SCRIPT, ui_meeting_sound_js),
    ENTRY("ui/meeting.js", SCRIPT, ui_meeting_js),
    ENTRY("ui/message.js", SCRIPT, ui_message_js),
    ENTRY("ui/notices.js", SCRIPT, ui_notices_js),
    ENTRY("ui/owner.js", SCRIPT, ui_owner_js),
    ENTRY("ui/panels.js", SCRIPT, ui_panels_js),
    ENTRY("ui/picker.js", SCRIPT, ui_picker_js),
    ENTRY("ui/preferences.js", SCRIPT, ui_preferences_js),
    ENTRY("ui/preview.js", SCRIPT, ui_preview_js),
    ENTRY("ui/settings.js", SCRIPT, ui_settings_js),
    ENTRY("ui/shell.js", SCRIPT, ui_shell_js),
    ENTRY("ui/sidebar.js", SCRIPT, ui_sidebar_js),
    ENTRY("ui/tiles.js", SCRIPT, ui_tiles_js),
    ENTRY("ui/timeline.js", SCRIPT, ui_timeline_js),
    ENTRY("ui/wake-lock.js", SCRIPT, ui_wake_lock_js),
    ENTRY("ui/welcome.js", SCRIPT, ui_welcome_js),
};

const size_t confab_web_file_count = sizeof files / sizeof *files;

const struct confab_web_file *confab_web_files(void) { return files; }
