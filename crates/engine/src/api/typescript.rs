//! The TypeScript of all requests, responses and commands: `ui/generated/commands.ts`.

use primer_domain::compare::ComparedRow;
use primer_domain::profile::{Background, Draft, FieldError, Level, Robotics};
use ts_rs::{Config, TS};

use super::error::{ApiError, ErrorCode};
use super::{
    backups, books, breaking, closed_command_types, command_types, compare_types, model_types,
    rewriting_types, sync_types, types, update_types,
};
use crate::remote::{Location, S3Location, Style};
use crate::sync::Progress;
use crate::sync::doctor::{Finding, Verdict};

/// The whole file. The same program always gives the same text.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from("// Made from the engine's types by `cargo xtask types`. Do not edit.\n\n");
    let mut declare = |declaration: String| {
        out.push_str("export ");
        out.push_str(&declaration);
        out.push_str("\n\n");
    };
    macro_rules! declare_all {
        ($($type:ty),* $(,)?) => { $(declare(<$type>::decl(&config));)* };
    }
    declare_all!(
        ErrorCode,
        ApiError,
        FieldError,
        Level,
        Robotics,
        Background,
        Draft,
        types::Nothing,
        types::OfReader,
        types::OfChapter,
        types::AddReader,
        types::RenameReader,
        types::WithBackground,
        types::OpenOriginal,
        types::ChapterVariant,
        types::SavePosition,
        types::SetAppearance,
        types::SetQuota,
        types::Reader,
        types::Theme,
        types::Appearance,
        types::BookView,
        types::NoticeCode,
        types::Notice,
        types::Startup,
        types::Choice,
        types::ProfileForm,
        types::OtherComputer,
        types::ProfileView,
        types::Change,
        types::ChapterChange,
        types::ProfilePreview,
        types::ChapterState,
        types::ChapterEntry,
        types::Contents,
        types::TocEntry,
        types::VariantName,
        types::ShownBlock,
        types::ChapterName,
        compare_types::KeptSectionShown,
        compare_types::ChapterRewriting,
        types::ChapterPage,
        types::OriginalPage,
        types::Variant,
        types::Storage,
        Style,
        S3Location,
        Location,
        Progress,
        Verdict,
        Finding,
        sync_types::AddRemote,
        sync_types::OfRemote,
        sync_types::PauseRemote,
        sync_types::SecretPlaceView,
        sync_types::SyncRunView,
        sync_types::RemoteView,
        sync_types::SyncState,
        sync_types::SyncStatus,
        sync_types::ComputerView,
        sync_types::ForgetComputer,
        sync_types::ExportComputer,
        sync_types::Joining,
        sync_types::JoinReader,
        sync_types::SavedJoining,
        sync_types::Joined,
        sync_types::SyncSettings,
        sync_types::SetSyncSettings,
        sync_types::RemoveChapter,
        sync_types::StoredChapter,
        model_types::SetModel,
        model_types::ListModels,
        model_types::ModelChoice,
        model_types::ModelView,
        model_types::AskDisclosure,
        model_types::ModelDisclosure,
        model_types::TokenCount,
        model_types::ModelTest,
        model_types::Discarded,
        books::OpenNewerBook,
        books::Beginning,
        rewriting_types::WishRewrite,
        rewriting_types::RewritingStatus,
        rewriting_types::RewritingNow,
        rewriting_types::RewritingWish,
        rewriting_types::RewritingTrouble,
        rewriting_types::GivenUp,
        rewriting_types::RewritingDone,
        rewriting_types::KeptSectionView,
        rewriting_types::LiveText,
        rewriting_types::FoundModelServer,
        rewriting_types::RewriteEstimate,
        compare_types::Edition,
        compare_types::CompareRewrite,
        compare_types::EditionView,
        ComparedRow,
        compare_types::Comparison,
        backups::BackupOffer,
        backups::RestoreBackup,
        backups::Restoring,
        breaking::ScriptError,
        breaking::CrashReport,
        breaking::Diagnostics,
        update_types::UpdateView,
        update_types::UpdateOffer,
        update_types::UpdateProgress,
        update_types::SetUpdates,
    );
    out.push_str("export type Commands = {\n");
    for (name, request, response) in command_types(&config).into_iter().chain(closed_command_types(&config)) {
        out.push_str(&format!("  {name}: {{ request: {request}; response: {response} }};\n"));
    }
    out.push_str("};\n");
    out
}
