//! Every route of the service.

use actix_web::web::{self, ServiceConfig, delete, get, patch, post, put};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder};

use crate::api::{
    answers, browser_tokens, cluster_edits, clusters, cors, feeds, findings, imports, insights,
    intents, knowledge, knowledge_versions, messages, models, openapi, operations, products,
    push_deliveries, pushes, queues, search, suggestions, synonyms, weekly,
};
use crate::error::ApiError;
use crate::web::{
    account_page, assets, audit_page, contradictions_page, docs_page, events, get_or_head,
    insights_pages, keys_page, knowledge_columns, knowledge_editor, knowledge_import,
    knowledge_item, knowledge_list, knowledge_versions as versions_page, language, overview_page,
    panel_page, people_page, policy_page, push_form, pushes_page, question_actions, question_edits,
    question_page, questions_map, questions_page, queues_pages, sign_in, try_page, weekly_page,
    welcome,
};

/// Adds all routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .configure(console_routes)
        .service(page("/docs").route(get_or_head().to(reference)))
        .service(page("/panel").route(get_or_head().to(panel_page::show)))
        .service(resource("/panel/token", "POST").route(post().to(panel_page::token)))
        .service(page("/panel.js").route(get_or_head().to(panel_page::script)))
        .service(page("/assets/{release}/{file}").route(get_or_head().to(assets::read)))
        .service(resource("/healthz", "GET").route(get().to(operations::healthz)))
        .service(resource("/readyz", "GET").route(get().to(operations::readyz)))
        .service(resource("/metrics", "GET").route(get().to(operations::metrics)))
        .service(resource("/openapi.json", "GET").route(get().to(openapi::openapi)))
        .service(resource("/v1/messages", "POST").route(post().to(messages::ingest)))
        .service(resource("/v1/browser-tokens", "POST").route(post().to(browser_tokens::create)))
        .service(
            resource("/v1/suggestions", "POST")
                .route(cors::preflight())
                .route(post().to(suggestions::create)),
        )
        .service(resource("/v1/suggestions/{id}", "GET").route(get().to(suggestions::read)))
        .service(
            resource("/v1/answers/{id}/feedback", "PATCH")
                .route(cors::preflight())
                .route(patch().to(answers::patch_feedback)),
        )
        .service(resource("/v1/suggestions/{id}/intent", "PUT").route(put().to(intents::correct)))
        .service(resource("/v1/search", "GET").route(get().to(search::search)))
        .service(
            resource("/v1/knowledge", "GET, POST")
                .route(get().to(knowledge::list))
                .route(post().to(knowledge::create)),
        )
        // Before the items: no item has these ids.
        .service(resource("/v1/knowledge/imports", "POST").route(post().to(imports::import)))
        .service(resource("/v1/knowledge/export", "GET").route(get().to(imports::export)))
        .service(
            resource("/v1/knowledge/{id}", "GET, PUT")
                .route(get().to(knowledge::read))
                .route(put().to(knowledge::put)),
        )
        .service(
            resource("/v1/knowledge/{id}/versions", "GET")
                .route(get().to(knowledge_versions::list)),
        )
        .service(
            resource("/v1/knowledge/{id}/diff", "GET").route(get().to(knowledge_versions::compare)),
        )
        .service(
            resource("/v1/knowledge/{id}/revert", "POST")
                .route(post().to(knowledge_versions::revert)),
        )
        .service(resource("/v1/findings", "GET").route(get().to(findings::list)))
        .service(resource("/v1/findings/{id}/dismiss", "POST").route(post().to(findings::dismiss)))
        .service(resource("/v1/findings/{id}/restore", "POST").route(post().to(findings::restore)))
        .service(resource("/v1/products", "GET").route(get().to(products::list)))
        .service(
            resource("/v1/products/{id}", "PUT, DELETE")
                .route(put().to(products::put))
                .route(delete().to(products::delete)),
        )
        .service(
            resource("/v1/synonyms", "GET, PUT")
                .route(get().to(synonyms::read))
                .route(put().to(synonyms::put)),
        )
        .service(
            resource("/v1/intents", "GET, PUT")
                .route(get().to(intents::read))
                .route(put().to(intents::put)),
        )
        .service(resource("/v1/models", "GET").route(get().to(models::list)))
        .service(resource("/v1/models/train", "POST").route(post().to(models::train)))
        .service(resource("/v1/models/{id}/version", "PUT").route(put().to(models::put_version)))
        .service(resource("/v1/clusters", "GET").route(get().to(clusters::list)))
        // Before the clusters: none has this id.
        .service(resource("/v1/clusters/refresh", "POST").route(post().to(clusters::refresh)))
        .service(
            resource("/v1/clusters/{id}", "GET, PATCH")
                .route(get().to(clusters::read))
                .route(patch().to(cluster_edits::change)),
        )
        .service(resource("/v1/clusters/{id}/merge", "POST").route(post().to(cluster_edits::merge)))
        .service(resource("/v1/clusters/{id}/split", "POST").route(post().to(cluster_edits::split)))
        .service(resource("/v1/cluster-edits", "GET").route(get().to(cluster_edits::list_edits)))
        .service(
            resource("/v1/cluster-edits/{id}/undo", "POST").route(post().to(cluster_edits::undo)),
        )
        .service(resource("/v1/queues/approve", "GET").route(get().to(queues::list_proposals)))
        .service(resource("/v1/queues/approve/{id}", "POST").route(post().to(queues::approve)))
        .service(
            resource("/v1/queues/approve/{id}/dismiss", "POST").route(post().to(queues::dismiss)),
        )
        .service(
            resource("/v1/queues/approve/{id}/reopen", "POST").route(post().to(queues::reopen)),
        )
        .service(resource("/v1/queues/write", "GET").route(get().to(queues::list_gaps)))
        .service(resource("/v1/queues/write/{id}", "POST").route(post().to(queues::write)))
        .service(
            resource("/v1/insights/weekly/{id}", "GET")
                .route(get().guard(weekly_page::is_asked()).to(weekly_page::show))
                .route(get().to(weekly::read)),
        )
        .service(
            resource("/v1/insights/weekly/{id}/revisions", "POST").route(post().to(weekly::revise)),
        )
        .service(resource("/v1/feeds/{id}", "GET").route(get().to(feeds::read)))
        .service(resource("/v1/profile", "GET").route(get().to(insights::profile)))
        .service(
            resource("/v1/consumers/{id}/tags", "GET, PUT")
                .route(get().to(insights::read_tags))
                .route(put().to(insights::put_tags)),
        )
        .service(
            resource("/v1/actions", "GET, POST")
                .route(get().to(insights::list_actions))
                .route(post().to(insights::add_action)),
        )
        .service(
            resource("/v1/actions/{id}", "PATCH, DELETE")
                .route(patch().to(insights::change_action))
                .route(delete().to(insights::delete_action)),
        )
        .service(
            resource("/v1/policies/listening", "GET, PUT")
                .route(get().to(insights::read_policy))
                .route(put().to(insights::put_policy)),
        )
        .service(resource("/v1/jobs", "GET").route(get().to(models::list_jobs)))
        .service(resource("/v1/jobs/{id}", "GET").route(get().to(models::read_job)))
        .configure(push_routes)
        .default_service(web::to(no_route));
}

/// Pages for people who sign in.
fn console_routes(config: &mut ServiceConfig) {
    config
        .service(form("/sign-in", sign_in::show, sign_in::sign_in))
        .service(resource("/sign-out", "POST").route(post().to(sign_in::sign_out)))
        .service(form("/welcome/{secret}", welcome::show, welcome::accept))
        .service(page("/events").route(get().to(events::stream)))
        .service(page("/language").route(get_or_head().to(language::keep)))
        .service(page("/").route(get_or_head().to(overview_page::show)))
        .configure(insights_routes)
        .configure(questions_routes)
        .configure(knowledge_routes)
        .configure(queues_routes)
        .configure(settings_routes)
        .service(page("/try").route(get_or_head().to(try_page::show)));
}

/// The shop's items.
fn knowledge_routes(config: &mut ServiceConfig) {
    config
        .service(page("/knowledge").route(get_or_head().to(knowledge_list::show)))
        // Before the items: those of these ids are reached by their other pages.
        .service(form(
            "/knowledge/new",
            knowledge_editor::new,
            knowledge_editor::create,
        ))
        .service(form(
            "/knowledge/import",
            knowledge_import::show,
            knowledge_import::confirm,
        ))
        .service(
            page("/knowledge/import/sample").route(get_or_head().to(knowledge_columns::sample)),
        )
        .service(
            resource("/knowledge/import/try", "POST").route(post().to(knowledge_import::try_out)),
        )
        .service(page("/knowledge/{id}").route(get_or_head().to(knowledge_item::show)))
        .service(form(
            "/knowledge/{id}/edit",
            knowledge_editor::edit,
            knowledge_editor::save,
        ))
        .service(
            resource("/knowledge/{id}/preview", "POST").route(post().to(knowledge_editor::preview)),
        )
        .service(form(
            "/knowledge/{id}/versions",
            versions_page::show,
            versions_page::revert,
        ));
}

/// Pages of the weekly reports, the feeds, the pushes and the policy.
fn insights_routes(config: &mut ServiceConfig) {
    config
        .service(page("/insights").route(get_or_head().to(insights_pages::list)))
        .service(page("/insights/feeds").route(get_or_head().to(insights_pages::feeds)))
        .service(form(
            "/insights/policy",
            policy_page::show,
            policy_page::save,
        ))
        .service(page("/insights/pushes").route(get_or_head().to(pushes_page::list)))
        .service(form(
            "/insights/pushes/new",
            push_form::new,
            push_form::create,
        ))
        .service(
            resource("/insights/pushes/deliveries/{id}/retry", "POST")
                .route(post().to(pushes_page::retry)),
        )
        .service(form(
            "/insights/pushes/{id}",
            push_form::edit,
            push_form::save,
        ))
        .service(resource("/insights/pushes/{id}/test", "POST").route(post().to(pushes_page::test)))
        .service(
            resource("/insights/pushes/{id}/delete", "POST").route(post().to(push_form::delete)),
        )
        // After those: no week has these names.
        .service(page("/insights/{week}").route(get_or_head().to(insights_pages::week)))
        .service(
            resource("/insights/{week}/revisions", "POST")
                .route(post().to(weekly_page::make_revision)),
        );
}

/// Pages of recurring questions.
fn questions_routes(config: &mut ServiceConfig) {
    let change = |path: &str| resource(path, "POST");
    config
        .service(page("/questions").route(get_or_head().to(questions_page::list)))
        // Before the questions: none has these names.
        .service(page("/questions/map").route(get_or_head().to(questions_map::show)))
        .service(page("/questions/edits").route(get_or_head().to(question_edits::list)))
        .service(form(
            "/questions/merge",
            question_edits::confirm_merge,
            question_edits::merge,
        ))
        .service(change("/questions/refresh").route(post().to(question_edits::refresh)))
        .service(change("/questions/edits/{id}/undo").route(post().to(question_edits::undo)))
        .service(page("/questions/{id}").route(get_or_head().to(question_page::show)))
        .service(change("/questions/{id}/name").route(post().to(question_edits::rename)))
        .service(change("/questions/{id}/mute").route(post().to(question_edits::mute)))
        .service(change("/questions/{id}/pin").route(post().to(question_edits::pin)))
        .service(change("/questions/{id}/split").route(post().to(question_edits::split)))
        .service(change("/questions/{id}/actions").route(post().to(question_actions::act)))
        .service(
            change("/questions/{id}/actions/{action}").route(post().to(question_actions::change)),
        )
        .service(
            change("/questions/{id}/actions/{action}/delete")
                .route(post().to(question_actions::delete)),
        );
}

/// What waits for the supervisor.
fn queues_routes(config: &mut ServiceConfig) {
    let change = |path: &str| resource(path, "POST");
    config
        .service(page("/queues").route(get_or_head().to(queues_pages::index)))
        .service(page("/queues/approve").route(get_or_head().to(queues_pages::list_proposals)))
        .service(change("/queues/approve/{id}").route(post().to(queues_pages::approve)))
        .service(change("/queues/approve/{id}/dismiss").route(post().to(queues_pages::dismiss)))
        .service(change("/queues/approve/{id}/reopen").route(post().to(queues_pages::reopen)))
        .service(page("/queues/write").route(get_or_head().to(queues_pages::list_gaps)))
        .service(change("/queues/write/{cluster}").route(post().to(queues_pages::write)))
        .service(page("/queues/contradictions").route(get_or_head().to(contradictions_page::show)))
        .service(
            change("/queues/contradictions/archive").route(post().to(contradictions_page::archive)),
        )
        .service(
            change("/queues/contradictions/{id}/dismiss")
                .route(post().to(contradictions_page::dismiss)),
        )
        .service(
            change("/queues/contradictions/{id}/restore")
                .route(post().to(contradictions_page::restore)),
        );
}

/// One's own account, and what owners look after.
fn settings_routes(config: &mut ServiceConfig) {
    let change = |path: &str| resource(path, "POST");
    config
        .service(page("/settings").route(get_or_head().to(account_page::index)))
        .service(page("/settings/account").route(get_or_head().to(account_page::show)))
        .service(change("/settings/account/name").route(post().to(account_page::change_name)))
        .service(
            change("/settings/account/password")
                .route(post().to(account_page::change_own_password)),
        )
        .service(
            change("/settings/account/sign-out")
                .route(post().to(account_page::sign_out_everywhere)),
        )
        .service(page("/settings/people").route(get_or_head().to(people_page::show)))
        // Before the people: none has this id.
        .service(change("/settings/people/invite").route(post().to(people_page::invite)))
        .service(
            change("/settings/people/links/{hash}/withdraw")
                .route(post().to(people_page::withdraw)),
        )
        .service(change("/settings/people/{id}/link").route(post().to(people_page::link_again)))
        .service(change("/settings/people/{id}/role").route(post().to(people_page::change_role)))
        .service(change("/settings/people/{id}/lock").route(post().to(people_page::lock)))
        .service(change("/settings/people/{id}/unlock").route(post().to(people_page::unlock)))
        .service(form("/settings/keys", keys_page::show, keys_page::create))
        .service(change("/settings/keys/{prefix}/revoke").route(post().to(keys_page::revoke)))
        .service(page("/settings/audit").route(get_or_head().to(audit_page::show)));
}

fn push_routes(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/pushes", "GET, POST")
                .route(get().to(pushes::list))
                .route(post().to(pushes::create)),
        )
        // Before the places: none has this id.
        .service(resource("/v1/pushes/deliveries", "GET").route(get().to(push_deliveries::list)))
        .service(
            resource("/v1/pushes/deliveries/{id}/retry", "POST")
                .route(post().to(push_deliveries::retry)),
        )
        .service(
            resource("/v1/pushes/{id}", "GET, PUT, DELETE")
                .route(get().to(pushes::read))
                .route(put().to(pushes::put))
                .route(delete().to(pushes::delete)),
        )
        .service(resource("/v1/pushes/{id}/test", "POST").route(post().to(pushes::test)));
}

/// A resource that answers other methods than these with a problem body.
fn resource(path: &str, methods: &'static str) -> actix_web::Resource {
    let refuse =
        move || async move { Err::<&'static str, _>(ApiError::MethodNotAllowed { methods }) };
    web::resource(path).default_service(web::to(refuse))
}

/// A resource for people's browsers, which is no part of the documented API.
fn page(path: &str) -> actix_web::Resource {
    resource(path, "GET, HEAD")
}

/// A page with a form that is sent to where it was shown.
fn form<Show, ShowArgs, Send, SendArgs>(path: &str, show: Show, send: Send) -> actix_web::Resource
where
    Show: Handler<ShowArgs>,
    ShowArgs: FromRequest + 'static,
    Show::Output: Responder + 'static,
    Send: Handler<SendArgs>,
    SendArgs: FromRequest + 'static,
    Send::Output: Responder + 'static,
{
    resource(path, "GET, HEAD, POST")
        .route(get_or_head().to(show))
        .route(post().to(send))
}

/// The reference shows the document that the API serves.
async fn reference(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    docs_page::show(&request, openapi::document)
}

async fn no_route() -> Result<&'static str, ApiError> {
    Err(ApiError::NoRoute)
}
